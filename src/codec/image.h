// A picture as every codec here gives and takes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace byteformer {

struct Image {
  std::size_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3]
};

}  // namespace byteformer
