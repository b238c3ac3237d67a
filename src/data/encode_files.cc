#include "data/encode_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <system_error>

#include "base/random.h"
#include "byteformer/error.h"
#include "files/input.h"
#include "files/name.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

// Pictures and sound are read whole; more than this is none.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

void write_file(const fs::path& path, const std::vector<std::uint8_t>& bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error)
    throw IoError(fmt::format("{}: cannot be made: {}. Choose a folder that may be written.",
                              printable(path.parent_path().string()), error.message()));
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out)
    throw IoError(
        fmt::format("{}: writing failed: {}. Free some space and begin again with a new folder.",
                    printable(path.string()), std::strerror(errno)));
}

}  // namespace

void check_new_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error) &&
      !(fs::is_directory(folder, error) && fs::is_empty(folder, error)))
    throw UsageError(printable(folder.string()) +
                     ": is there and not empty. Give a new folder, or remove this one.");
}

EncodedFiles encode_files(const std::vector<Path>& inputs, const fs::path& output,
                          const EncodeFile& encode, const std::string& suffix, std::uint64_t seed,
                          const Notice& notice) {
  check_new_folder(output);
  EncodedFiles done;
  std::set<fs::path> names;
  for (const Path& input : inputs) {
    for_each_input(
        {input},
        [&](const Found& found) {
          try {
            fs::path name = found.origin == Origin::kFound
                                ? fs::path(found.path).lexically_relative(input)
                                : fs::path(found.path).filename();
            name.replace_extension(suffix.empty() ? name.extension() : fs::path(suffix));
            if (names.count(name) > 0)
              throw UsageError(
                  fmt::format("{}: another input became {} already. Encode it into a "
                              "folder of its own.",
                              printable(found.path), printable(name.string())));
            std::vector<std::uint8_t> file =
                read_input(found.path, found.origin, {kMostBytes, false});
            write_file(output / name, encode(found.path, std::move(file),
                                             mix_seed(seed, hash_of_text(name.string()))));
            names.insert(name);
            ++done.written;
          } catch (const IoError&) {
            throw;
          } catch (const InputError& error) {
            ++done.failed;
            notice(fmt::format("{} ({})", error.what(), name_of(error.kind())));
          } catch (const Error& error) {
            ++done.failed;
            notice(error.what());
          }
          return true;
        },
        notice);
  }
  return done;
}

}  // namespace byteformer
