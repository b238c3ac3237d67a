// A whole file's bytes, for formats whose readers check everything in memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace byteformer {

// Throws IoError with the path; `kind`, such as "safetensors file", says what was to be named.
// Folders and special files are refused before they are opened: a FIFO would wait for a writer.
std::vector<std::byte> read_file_bytes(const std::filesystem::path& path, const std::string& kind);

}  // namespace byteformer
