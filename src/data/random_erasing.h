// The reference's RandomErasing: a rectangle of a picture becomes black. There it works on numbers,
// after the division by 255; black is 0 before it as well.
#pragma once

#include <cstddef>
#include <optional>

#include "base/random.h"
#include "codec/crop.h"

namespace byteformer {

// All channels become 0 in the box, in place. Throws UsageError if the box is not within the
// picture.
void erase_box(Image& image, const Box& box);

// A box of 2 to 33 % of the area and an aspect (height / width) of 0.3 to 3.3, or nothing where ten
// attempts do not fit: both sides must be smaller than the picture's. A tiny picture can draw an
// empty box.
std::optional<Box> draw_erased_box(std::size_t picture_width, std::size_t picture_height,
                                   Random& random);

// Draws whether to erase, then what: the reference's transform as a whole.
std::optional<Box> draw_random_erasing(double probability, std::size_t picture_width,
                                       std::size_t picture_height, Random& random);

}  // namespace byteformer
