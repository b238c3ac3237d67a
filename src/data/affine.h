// The geometric operations of RandAugment, as torchvision 0.17 and Pillow 10.3 compute them.
//
// An output pixel is interpolated bilinearly between input pixels, in double, and truncated to a
// byte; what comes from outside the picture is black. Executable specification:
// tests/golden/augment/spec_augment.py. All require a picture that passes check_pixels().
#pragma once

#include "codec/image.h"

namespace byteformer {

// A pixel moves by shear times its distance from pixel row (or column) 0: left in shear_x, up in
// shear_y, if the shear is positive.
Image shear_x(const Image& image, double shear);
Image shear_y(const Image& image, double shear);

// By pixels, right and down; fractions are dropped.
Image translate(const Image& image, double right, double down);

// About the centre, counter-clockwise.
Image rotate(const Image& image, double degrees);

}  // namespace byteformer
