// A whole file's bytes, for formats whose readers check everything in memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "tensor/shared_bytes.h"

namespace byteformer {

// Throws IoError with the path; `kind`, such as "safetensors file", says what was to be named.
// Folders and special files are refused before they are opened: a FIFO would wait for a writer.
std::vector<std::byte> read_file_bytes(const std::filesystem::path& path, const std::string& kind);

// The same, mapped instead of read: pages come into memory when they are looked at. The file must
// not be cut while it is mapped; one that is replaced by renaming stays as it was.
SharedBytes map_file_bytes(const std::filesystem::path& path, const std::string& kind);

}  // namespace byteformer
