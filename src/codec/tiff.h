// TIFF as the reference's Pillow writes it: little endian, one strip, 10 tags, RGB 8 bit: 140 + 3WH
// bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace byteformer {

// rgb [height, width, 3]. Requires rgb.size() == 3 * width * height, both at least 1.
std::vector<std::uint8_t> encode_tiff(std::span<const std::uint8_t> rgb, std::size_t width,
                                      std::size_t height);

}  // namespace byteformer
