// The reference's RandomResizedCrop: a random part of a picture, resized.
#pragma once

#include <cstddef>

#include "base/random.h"
#include "codec/resize.h"
#include "data/random_box.h"

namespace byteformer {

struct CropRange {
  Interval scale{0.08, 1.0};          // of the picture's area
  Interval aspect{3.0 / 4, 4.0 / 3};  // width / height
};

// A box within a picture of this size. Where ten attempts do not fit, it is the largest centered
// box whose aspect lies in the range. Requires a picture of at least one pixel. Throws ConfigError
// if a range is not one.
Box draw_crop(const CropRange& range, std::size_t picture_width, std::size_t picture_height,
              Random& random);

// The box alone, resized: pixels outside it have no influence. Throws UsageError if the box is
// empty or not within the picture, and as resize() does.
Image resized_crop(const Image& image, const Box& box, std::size_t width, std::size_t height,
                   Interpolation interpolation);

}  // namespace byteformer
