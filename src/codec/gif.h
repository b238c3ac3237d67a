// GIF, read by giflib; of an animation the first frame.
#pragma once

#include "codec/image_file.h"

namespace byteformer {

// The size is the screen's, or larger where the frame leaves it. Around the frame lies the
// transparent colour, else colour 0. Throws InputError as read_image().
Image decode_gif(const ImageFile& file);

}  // namespace byteformer
