// A rectangle of a picture's pixels, and the picture that it cuts out.
#pragma once

#include <cstddef>

#include "codec/image.h"

namespace byteformer {

struct Box {
  std::size_t top = 0, left = 0, height = 0, width = 0;  // pixels
};

// Throws UsageError unless the picture has at least one pixel and 3 bytes for each.
void check_pixels(const Image& image);

// Throws UsageError unless the picture passes check_pixels() and the box lies within it.
void check_within(const Box& box, const Image& image);

// Throws as check_within() does.
Image crop(const Image& image, const Box& box);

}  // namespace byteformer
