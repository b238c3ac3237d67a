// A picture as every codec here gives and takes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace byteformer {

struct Image {
  std::size_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3]
};

// The picture of a tensor chw [3, height, width], as the reference makes bytes of floats: x * 255
// in float32, truncated, so that byte / 255 gives the byte back. Throws UsageError if the sizes
// disagree or a value is outside [0, 1]. (The reference lets such values wrap around in fCHW and
// fHWC and refuses them elsewhere; here they are refused everywhere.)
Image image_from_tensor(std::span<const float> chw, std::size_t width, std::size_t height);

}  // namespace byteformer
