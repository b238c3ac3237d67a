// The reference's RandomHorizontalFlip.
#pragma once

#include "base/random.h"
#include "codec/image.h"

namespace byteformer {

// Mirrors the picture, left to right, in place. Throws UsageError if it has no pixels or not 3
// bytes for each.
void flip_horizontally(Image& image);

// Whether to flip; one draw.
bool draw_flip(double probability, Random& random);

}  // namespace byteformer
