// Windows bitmaps, and OS/2's of version 1: palettes of 1, 4 and 8 bits, also run-length encoded,
// and 16, 24 and 32 bits with any masks.
#pragma once

#include "codec/image_file.h"

namespace byteformer {

// Throws InputError as read_image().
Image decode_bmp(const ImageFile& file);

}  // namespace byteformer
