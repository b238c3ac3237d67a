// PNG: written as the reference's Pillow does with compression level 0, read by libpng.
#pragma once

#include <string>

#include "codec/image.h"
#include "codec/image_file.h"

namespace byteformer {

// 8 bit RGB, not compressed but filtered: a row takes the filter of none, up, sub and paeth whose
// bytes, read as signed, have the smallest sum of absolute values; of equals the first. Throws
// UsageError for a side above 2^31 - 1 pixels or a row that zlib cannot take.
std::vector<std::uint8_t> encode_png(const Image& image);

// What decides the bytes (the borders of the stored blocks): "zlib 1.2.13".
std::string png_version();

// Every kind of PNG; of an animation the default picture. Transparency, gamma, profiles and texts
// are skipped unread. Throws InputError as read_image(); a wrong checksum is damage, but with
// options.truncated that of pixels is not looked at, as in Pillow.
Image decode_png(const ImageFile& file);

}  // namespace byteformer
