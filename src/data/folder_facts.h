// What a recipe for a folder depends on, when nobody has written one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "files/walk.h"

namespace byteformer {

struct FolderFacts {
  std::size_t files = 0, classes = 0;
  std::vector<std::uint64_t> bytes;  // lengths of files, sorted; of all of them or a sample
  // Where every file looked at is a WAV of 16-bit samples at one rate: that rate.
  std::optional<std::uint32_t> wav_rate;
};

// Lists a folder or tar of classes and looks into some of its files. Throws as the listing does.
FolderFacts facts_of_folder(const std::string& data, const Notice& notice);

}  // namespace byteformer
