// What RandomResizedCrop and RandomErasing share: drawing the sides of a box whose area is a share
// of the picture's and whose aspect is uniform in its logarithm, and drawing where it lies.
//
// The draws and their arithmetic are torchvision 0.17's: uniform numbers, logarithm and exponential
// in float32, the rest in double, halves rounded to even.
#pragma once

#include <cstddef>

#include "base/random.h"
#include "codec/crop.h"

namespace byteformer {

struct Interval {
  double low, high;
};

// Throws ConfigError unless 0 < low <= high < infinity. `name` is for the message.
void check_interval(const Interval& interval, const char* name);

inline constexpr int kBoxAttempts = 10;  // sides that do not fit are drawn again, so often in all

// Pixels. Which side of the box is which is the caller's: aspect = numerator / denominator.
struct BoxSides {
  std::size_t numerator, denominator;
};

// Two draws. Requires intervals that pass check_interval().
BoxSides draw_sides(std::size_t picture_pixels, const Interval& scale, const Interval& aspect,
                    Random& random);

// A box of this height and width anywhere in the picture, all places alike; two draws, top first.
// Requires that it fits.
Box draw_place(std::size_t height, std::size_t width, std::size_t picture_height,
               std::size_t picture_width, Random& random);

}  // namespace byteformer
