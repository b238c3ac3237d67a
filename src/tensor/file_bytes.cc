#include "tensor/file_bytes.h"

#include <fmt/format.h>

#include <fstream>

#include "byteformer/error.h"

namespace byteformer {

std::vector<std::byte> read_file_bytes(const std::filesystem::path& path, const std::string& kind) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw IoError(fmt::format("{}: is no regular file. Name a {}.", path.string(), kind));
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in)
    throw IoError(path.string() + ": cannot be opened. Check that it is there and may be read.");
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

}  // namespace byteformer
