// WebP, read by libwebp; of an animation the first frame.
#pragma once

#include "codec/image_file.h"

namespace byteformer {

// Throws InputError as read_image(). A file that ends early is damaged whatever the options say, as
// in Pillow.
Image decode_webp(const ImageFile& file);

}  // namespace byteformer
