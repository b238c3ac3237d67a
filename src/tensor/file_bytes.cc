#include "tensor/file_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "byteformer/error.h"

namespace byteformer {
namespace {

void check_regular(const std::filesystem::path& path, const std::string& kind) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw IoError(fmt::format("{}: is no regular file. Name a {}.", path.string(), kind));
}

[[noreturn]] void fail_to_open(const std::filesystem::path& path) {
  throw IoError(path.string() + ": cannot be opened. Check that it is there and may be read.");
}

}  // namespace

std::vector<std::byte> read_file_bytes(const std::filesystem::path& path, const std::string& kind) {
  check_regular(path, kind);
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) fail_to_open(path);
  const auto bytes = static_cast<std::streamoff>(in.tellg());
  if (bytes < 0)
    throw IoError(fmt::format("{}: its size cannot be found. Name a {}.", path.string(), kind));
  std::vector<std::byte> file(static_cast<std::size_t>(bytes));
  in.seekg(0);
  if (!in.read(reinterpret_cast<char*>(file.data()), bytes))
    throw IoError(
        fmt::format("{}: reading its {} bytes failed. Copy the file again.", path.string(), bytes));
  return file;
}

SharedBytes map_file_bytes(const std::filesystem::path& path, const std::string& kind) {
  check_regular(path, kind);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail_to_open(path);
  struct stat status {};
  void* address = MAP_FAILED;
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
    address = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE,
                     descriptor, 0);
  ::close(descriptor);
  // What cannot be mapped (an empty file, some file systems) is read.
  if (address == MAP_FAILED) return read_file_bytes(path, kind);
  const auto size = static_cast<std::size_t>(status.st_size);
  const std::shared_ptr<const void> owner(
      address, [size](const void* mapped) { ::munmap(const_cast<void*>(mapped), size); });
  return {{static_cast<const std::byte*>(address), size}, owner};
}

}  // namespace byteformer
