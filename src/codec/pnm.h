// PBM, PGM and PPM (P1 .. P6), plain and binary.
#pragma once

#include "codec/image_file.h"

namespace byteformer {

// Values are scaled by the declared maximum to 0 .. 255. Gray with a maximum above 255 is scaled to
// 0 .. 65535 and then clipped at 255, as Pillow's 16-bit gray. Throws InputError as read_image().
Image decode_pnm(const ImageFile& file);

}  // namespace byteformer
