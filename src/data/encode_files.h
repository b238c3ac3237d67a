// Files as the bytes that a recipe's evaluation feeds its model: what `byteformer encode` does with
// pictures and sound.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/input_bytes.h"
#include "files/walk.h"

namespace byteformer {

struct EncodedFiles {
  std::size_t written = 0, failed = 0;
};

// Writes output/<name><suffix> for each input: a file's own name, or its path within a folder that
// was given, so that folders of classes stay what they are; its last suffix becomes the encoding's.
// What cannot be read is named through notice, counted and left out, as is a second input of one
// name. Noise and random orders are drawn from `seed` and the name. Throws UsageError if the output
// folder is not empty, IoError if it cannot be written.
EncodedFiles encode_files(const std::vector<Path>& inputs, const std::filesystem::path& output,
                          const InputBytes& bytes, std::uint64_t seed, const Notice& notice);

// Throws UsageError unless a folder can be begun there: nothing, or an empty folder.
void check_new_folder(const std::filesystem::path& folder);

}  // namespace byteformer
