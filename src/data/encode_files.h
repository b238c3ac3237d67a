// Files as the bytes that a recipe's evaluation feeds its model: what `byteformer encode` does with
// pictures and sound.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "files/walk.h"

namespace byteformer {

struct EncodedFiles {
  std::size_t written = 0, failed = 0;
};

// The bytes of a file; `name` is for messages, `seed` decides what is drawn. Throws Error for a
// file that has none.
using EncodeFile = std::function<std::vector<std::uint8_t>(
    const std::string& name, std::vector<std::uint8_t> file, std::uint64_t seed)>;

// Writes output/<name><suffix> for each input: a file's own name, or its path within a folder that
// was given, so that folders of classes stay what they are; its last suffix becomes the encoding's.
// What cannot be read is named through notice, counted and left out, as is a second input of one
// name. Noise and random orders are drawn from `seed` and the name. Throws UsageError if the output
// folder is not empty, IoError if it cannot be written.
EncodedFiles encode_files(const std::vector<Path>& inputs, const std::filesystem::path& output,
                          const EncodeFile& encode, const std::string& suffix, std::uint64_t seed,
                          const Notice& notice);

// Throws UsageError unless a folder can be begun there: nothing, or an empty folder.
void check_new_folder(const std::filesystem::path& folder);

}  // namespace byteformer
