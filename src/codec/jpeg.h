// JPEG, by libjpeg-turbo with its defaults, as the reference's Pillow uses it.
#pragma once

#include <string>

#include "codec/image.h"

namespace byteformer {

// Baseline, 4:2:0 at every quality, standard Huffman tables. quality is 1 .. 100, as libjpeg scales
// its tables. Throws UsageError for a quality outside that or a side above 65500 pixels.
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality);

// What decides the bytes: "libjpeg-turbo 2.1.5".
std::string jpeg_version();

}  // namespace byteformer
