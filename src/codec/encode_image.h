// Pictures to bytes: the way into this folder for everything that writes pictures.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "codec/image.h"

namespace byteformer {

inline constexpr int kJpegQuality = 100;  // the reference's default

// The reference's names of encodings: fCHW, fHWC, TIFF, PNG, JPEG.
std::span<const std::string_view> image_encodings();

// The file that the reference's Pillow writes, byte for byte; quality is for JPEG alone. Requires
// image.rgb.size() == 3 * width * height, both at least 1. Throws UsageError for a name that is not
// in image_encodings() and for a picture that the format cannot hold.
std::vector<std::uint8_t> encode_image(std::string_view encoding, const Image& image,
                                       int quality = kJpegQuality);

// The library whose version decides the bytes ("libjpeg-turbo 2.1.5"); empty where only this
// project does. Throws UsageError as encode_image().
std::string encoder_version(std::string_view encoding);

}  // namespace byteformer
