// Pixels without a header, the reference's fCHW and fHWC: 3WH bytes.
#pragma once

#include "codec/image.h"

namespace byteformer {

std::vector<std::uint8_t> encode_fchw(const Image& image);  // [3, height, width]
std::vector<std::uint8_t> encode_fhwc(const Image& image);  // [height, width, 3]

}  // namespace byteformer
