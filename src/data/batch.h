// A batch as the model takes it: files laid end to end with offsets (ragged).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace byteformer {

struct Batch {
  std::vector<std::int32_t>
      ids;  // all files end to end; each is at least k ids long (-1 pads up to k)
  std::vector<std::int64_t> offsets;  // [files + 1], into ids
  std::vector<std::int64_t> targets;  // [files], class indices
  std::vector<std::string> names;     // [files], for messages
  std::vector<float> mixed = {};      // [files, classes], shares of mixed files; empty: none is
};

}  // namespace byteformer
