// A key of the byte permutation: which value each of the 256 byte values becomes.
#pragma once

#include <filesystem>

#include "bytes/byte_permutation.h"

namespace byteformer {

// Drawn from the system's random source. Throws IoError where there is none.
ByteTable random_key();

// A key on disk is 256 distinct bytes. Written with mode 0600; a file that is there stays. Throws
// IoError, or UsageError if it is there.
void save_key(const std::filesystem::path& path, const ByteTable& key);
// Throws IoError, or FormatError for another length or a byte that is there twice.
ByteTable load_key(const std::filesystem::path& path);

ByteTable inverse(const ByteTable& key);

}  // namespace byteformer
