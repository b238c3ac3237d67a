#include "data/random_erasing.h"

#include <algorithm>

#include "data/random_box.h"

namespace byteformer {

void erase_box(Image& image, const Box& box) {
  check_within(box, image);
  for (std::size_t y = box.top; y < box.top + box.height; ++y)
    std::fill_n(image.rgb.data() + 3 * (y * image.width + box.left), 3 * box.width,
                std::uint8_t{0});
}

std::optional<Box> draw_erased_box(std::size_t picture_width, std::size_t picture_height,
                                   Random& random) {
  constexpr Interval kScale{0.02, 0.33}, kAspect{0.3, 3.3};  // torchvision's defaults
  for (int attempt = 0; attempt < kBoxAttempts; ++attempt) {
    const auto [height, width] =
        draw_sides(picture_width * picture_height, kScale, kAspect, random);
    if (height < picture_height && width < picture_width)
      return draw_place(height, width, picture_height, picture_width, random);
  }
  return std::nullopt;
}

std::optional<Box> draw_random_erasing(double probability, std::size_t picture_width,
                                       std::size_t picture_height, Random& random) {
  if (random.uniform() >= static_cast<float>(probability)) return std::nullopt;
  return draw_erased_box(picture_width, picture_height, random);
}

}  // namespace byteformer
