// TIFF as the reference's Pillow writes it: little endian, one strip, 10 tags, RGB 8 bit: 140 + 3WH
// bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace byteformer {

inline constexpr std::size_t kTiffHeader = 140;  // bytes before the pixels

// rgb [height, width, 3]. Requires rgb.size() == 3 * width * height, both at least 1, and a file
// below 4 GiB.
std::vector<std::uint8_t> encode_tiff(std::span<const std::uint8_t> rgb, std::size_t width,
                                      std::size_t height);

struct TiffPixels {
  std::size_t width, height;
  std::size_t offset;  // of the pixels [height, width, 3]
};

// Where the pixels lie in a file as encode_tiff() writes it; nothing for any other file.
std::optional<TiffPixels> find_tiff_pixels(std::span<const std::uint8_t> file);

}  // namespace byteformer
