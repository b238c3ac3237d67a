#include "data/random_box.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "byteformer/error.h"

namespace byteformer {
namespace {

float uniform_between(float low, float high, Random& random) {
  return random.uniform() * (high - low) + low;
}

// Halves to even. A strange range can ask for more than any integer holds.
std::size_t rounded_root(double area) {
  return static_cast<std::size_t>(std::min(std::nearbyint(std::sqrt(area)), 0x1p62));
}

}  // namespace

void check_interval(const Interval& interval, const char* name) {
  if (!(interval.low > 0 && interval.low <= interval.high &&
        interval.high <= std::numeric_limits<float>::max()))
    throw ConfigError(std::string(name) + " is [" + std::to_string(interval.low) + ", " +
                      std::to_string(interval.high) +
                      "], but must be two finite numbers above 0, the smaller one first.");
}

BoxSides draw_sides(std::size_t picture_pixels, const Interval& scale, const Interval& aspect,
                    Random& random) {
  const double share =
      uniform_between(static_cast<float>(scale.low), static_cast<float>(scale.high), random);
  const double area = static_cast<double>(picture_pixels) * share;
  const double drawn_aspect = std::exp(uniform_between(
      std::log(static_cast<float>(aspect.low)), std::log(static_cast<float>(aspect.high)), random));
  return {rounded_root(area * drawn_aspect), rounded_root(area / drawn_aspect)};
}

Box draw_place(std::size_t height, std::size_t width, std::size_t picture_height,
               std::size_t picture_width, Random& random) {
  Box box{.top = 0, .left = 0, .height = height, .width = width};
  box.top = static_cast<std::size_t>(
      random.below(static_cast<std::int64_t>(picture_height - height + 1)));
  box.left =
      static_cast<std::size_t>(random.below(static_cast<std::int64_t>(picture_width - width + 1)));
  return box;
}

}  // namespace byteformer
