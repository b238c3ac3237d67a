// The operations of RandAugment on values, as torchvision 0.17 and Pillow 10.3 compute them.
//
// A factor of 1 leaves the picture as it is, 0 gives its degenerate (black, gray, flat, smooth),
// and more than 1 goes away from that: degenerate + factor (pixel - degenerate), in float32,
// truncated. Executable specification: tests/golden/augment/spec_augment.py. All require a picture
// that passes check_pixels().
#pragma once

#include "codec/image.h"

namespace byteformer {

Image adjust_brightness(Image image, double factor);        // from black
Image adjust_color(Image image, double factor);             // from each pixel's luma
Image adjust_contrast(Image image, double factor);          // from the mean luma of the picture
Image adjust_sharpness(const Image& image, double factor);  // from a 3 x 3 mean; not at the border

// Keeps the highest bits of each value. Requires 0 <= bits <= 8.
Image posterize(Image image, int bits);

// Inverts values that are not below the threshold.
Image solarize(Image image, double threshold);

// Stretches each channel so that its smallest value becomes 0 and its largest 255.
Image autocontrast(Image image);

// Spreads each channel's values so that all are about equally frequent.
Image equalize(Image image);

}  // namespace byteformer
