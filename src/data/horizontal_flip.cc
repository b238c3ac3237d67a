#include "data/horizontal_flip.h"

#include <algorithm>

#include "codec/crop.h"

namespace byteformer {

void flip_horizontally(Image& image) {
  check_pixels(image);
  for (std::size_t y = 0; y < image.height; ++y) {
    std::uint8_t* row = image.rgb.data() + 3 * y * image.width;
    for (std::size_t left = 0, right = image.width - 1; left < right; ++left, --right)
      std::swap_ranges(row + 3 * left, row + 3 * left + 3, row + 3 * right);
  }
}

bool draw_flip(double probability, Random& random) {
  return random.uniform() <= static_cast<float>(probability);
}

}  // namespace byteformer
