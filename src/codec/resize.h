// Resize and center crop, byte for byte as the reference's Pillow 10.3 does them: they decide which
// bytes a picture becomes, so "nearly the same" would be another file.
//
// A resize is two passes, horizontal first. In each, an output pixel is a weighted sum of input
// pixels (antialiased: the filter widens when it reduces), in fixed point with 22 fractional bits,
// rounded to bytes. Executable specification: tests/golden/eval_images/spec_pillow_resize.py.
//
// Every function throws UsageError if the picture is empty, if its rgb has not 3 * width * height
// bytes, or if a side asked for is 0 or larger than kLargestSide.
#pragma once

#include <cstddef>

#include "codec/image.h"

namespace byteformer {

enum class Interpolation { kBilinear, kBicubic };  // bicubic with a = -0.5

inline constexpr std::size_t kLargestSide = 16384;  // pixels; such a square takes 768 MiB

// A side that does not change is not filtered. Throws UsageError also if width * image.height, the
// pixels between the two passes, exceeds kLargestSide squared.
Image resize(const Image& image, std::size_t width, std::size_t height,
             Interpolation interpolation);

// The shorter side becomes `size`, the other one size * longer / shorter, truncated. Throws
// UsageError if that exceeds kLargestSide.
Image resize_shorter_side(const Image& image, std::size_t size, Interpolation interpolation);

// The middle size x size pixels; offsets are floor((side - size) / 2). What a crop needs outside
// the picture is black.
Image center_crop(const Image& image, std::size_t size);

// The evaluation pipeline: center_crop(resize_shorter_side(image, size), crop_size), but computed
// for the crop's pixels alone, so that a picture of one row needs no more memory than any other.
Image resize_and_center_crop(const Image& image, std::size_t size, std::size_t crop_size,
                             Interpolation interpolation);

}  // namespace byteformer
