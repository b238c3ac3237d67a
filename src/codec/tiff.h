// TIFF: written as the reference's Pillow does, read by libtiff.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codec/image_file.h"

namespace byteformer {

inline constexpr std::size_t kTiffHeader = 140;  // bytes before the pixels

// Little endian, one strip, 10 tags, RGB 8 bit: 140 + 3WH bytes. rgb [height, width, 3]. Requires
// rgb.size() == 3 * width * height, both at least 1, and a file below 4 GiB.
std::vector<std::uint8_t> encode_tiff(std::span<const std::uint8_t> rgb, std::size_t width,
                                      std::size_t height);

struct TiffPixels {
  std::size_t width, height;
  std::size_t offset;  // of the pixels [height, width, 3]
};

// Where the pixels lie in a file as encode_tiff() writes it; nothing for any other file.
std::optional<TiffPixels> find_tiff_pixels(std::span<const std::uint8_t> file);

// The first page of a TIFF or BigTIFF in strips or tiles, with every compression that libtiff
// knows: gray and palettes of 1, 2, 4, 8 bits, gray, RGB and CMYK of 8 and 16 bits, with further
// samples (dropped; but premultiplied colours are divided by their alpha), and YCbCr within JPEG.
// The orientation is applied, as Pillow does. Throws InputError as read_image(). With
// options.truncated a strip or tile that is cut, and all behind it, is black.
Image decode_tiff(const ImageFile& file);

}  // namespace byteformer
