#include "data/random_resized_crop.h"

#include <algorithm>
#include <cmath>

namespace byteformer {
namespace {

std::size_t rounded(double side) {  // halves to even; an aspect far from 1 still gets a pixel
  return static_cast<std::size_t>(std::max(std::nearbyint(side), 1.0));
}

Box largest_centered_box(const Interval& aspect, std::size_t picture_width,
                         std::size_t picture_height) {
  const auto wide = static_cast<double>(picture_width), high = static_cast<double>(picture_height);
  Box box{.top = 0, .left = 0, .height = picture_height, .width = picture_width};
  if (wide / high < aspect.low) box.height = rounded(wide / aspect.low);
  if (wide / high > aspect.high) box.width = rounded(high * aspect.high);
  box.top = (picture_height - box.height) / 2;
  box.left = (picture_width - box.width) / 2;
  return box;
}

}  // namespace

Box draw_crop(const CropRange& range, std::size_t picture_width, std::size_t picture_height,
              Random& random) {
  check_interval(range.scale, "the scale of random crops");
  check_interval(range.aspect, "the aspect ratio of random crops");
  for (int attempt = 0; attempt < kBoxAttempts; ++attempt) {
    const auto [width, height] =
        draw_sides(picture_width * picture_height, range.scale, range.aspect, random);
    if (width > 0 && width <= picture_width && height > 0 && height <= picture_height)
      return draw_place(height, width, picture_height, picture_width, random);
  }
  return largest_centered_box(range.aspect, picture_width, picture_height);
}

Image resized_crop(const Image& image, const Box& box, std::size_t width, std::size_t height,
                   Interpolation interpolation) {
  return resize(crop(image, box), width, height, interpolation);
}

}  // namespace byteformer
