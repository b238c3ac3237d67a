// JPEG, written and read by libjpeg-turbo with its defaults, as the reference's Pillow uses it.
#pragma once

#include <string>

#include "codec/image.h"
#include "codec/image_file.h"

namespace byteformer {

// Baseline, 4:2:0 at every quality, standard Huffman tables. quality is 1 .. 100, as libjpeg scales
// its tables. Throws UsageError for a quality outside that or a side above 65500 pixels.
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality);

// What decides the bytes: "libjpeg-turbo 2.1.5".
std::string jpeg_version();

// Gray, YCbCr, RGB, and CMYK and YCCK stored inverted, as Adobe does; baseline, progressive and
// arithmetic coding. What libjpeg only warns of is not an error, as in Pillow. Throws InputError as
// read_image().
Image decode_jpeg(const ImageFile& file);

}  // namespace byteformer
