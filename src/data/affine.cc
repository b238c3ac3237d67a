#include "data/affine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace byteformer {
namespace {

// The input position of an output position: x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y +
// m[5], at the centres of pixels.
using Matrix = std::array<double, 6>;

// The pixels that an input row contributes to one output pixel: two neighbours and the share of the
// second.
struct Neighbours {
  std::size_t left, right;  // byte offsets in a row
  double share;

  double at(const std::uint8_t* row, std::size_t channel) const {
    const double a = row[left + channel], b = row[right + channel];
    return a + (b - a) * share;
  }
};

Image transform(const Image& image, const Matrix& m) {
  const auto width = static_cast<std::int64_t>(image.width);
  const auto height = static_cast<std::int64_t>(image.height);
  Image out{image.width, image.height, std::vector<std::uint8_t>(image.rgb.size())};
  std::uint8_t* to = out.rgb.data();
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x, to += 3) {
      const double column = static_cast<double>(x) + 0.5, row = static_cast<double>(y) + 0.5;
      const double from_x = m[0] * column + m[1] * row + m[2];
      const double from_y = m[3] * column + m[4] * row + m[5];
      if (!(from_x >= 0 && from_x < static_cast<double>(width) && from_y >= 0 &&
            from_y < static_cast<double>(height)))
        continue;
      const double left = std::floor(from_x - 0.5), top = std::floor(from_y - 0.5);
      auto inside = [](double position, std::int64_t side) {
        return static_cast<std::size_t>(
            std::clamp<std::int64_t>(static_cast<std::int64_t>(position), 0, side - 1));
      };
      const Neighbours columns{3 * inside(left, width), 3 * inside(left + 1, width),
                               from_x - 0.5 - left};
      const double share = from_y - 0.5 - top;
      const std::uint8_t* upper = image.rgb.data() + 3 * inside(top, height) * image.width;
      const std::uint8_t* lower = image.rgb.data() + 3 * inside(top + 1, height) * image.width;
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const double a = columns.at(upper, channel), b = columns.at(lower, channel);
        to[channel] = static_cast<std::uint8_t>(a + (b - a) * share);
      }
    }
  return out;
}

constexpr double kDegree = std::numbers::pi / 180;

// The reference passes a shear as an angle in degrees, which costs a few last bits.
double angle_of(double shear) { return std::atan(shear) * (180 / std::numbers::pi) * kDegree; }

// To 15 decimals, halves of the exact binary value to even, as Python's round() does; products
// with powers of ten would round twice.
double to_fifteen_decimals(double value) {
  std::array<char, 32> text{};  // of a sine or a cosine
  const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed, 15).ptr;
  std::from_chars(text.begin(), end, value);
  return value;
}

}  // namespace

Image shear_x(const Image& image, double shear) {
  return transform(image, {1, std::tan(angle_of(shear)), 0, 0, 1, 0});
}

Image shear_y(const Image& image, double shear) {
  const double angle = angle_of(shear);
  return transform(image, {1, 0, 0, std::sin(angle) / std::cos(angle), 1, 0});
}

Image translate(const Image& image, double right, double down) {
  return transform(image, {1, 0, -std::trunc(right), 0, 1, -std::trunc(down)});
}

Image rotate(const Image& image, double degrees) {
  const double angle = -degrees * kDegree;
  const double cosine = to_fifteen_decimals(std::cos(angle));
  const double sine = to_fifteen_decimals(std::sin(angle));
  const double x = static_cast<double>(image.width) / 2;
  const double y = static_cast<double>(image.height) / 2;
  return transform(image, {cosine, sine, cosine * -x + sine * -y + x, -sine, cosine,
                           -sine * -x + cosine * -y + y});
}

}  // namespace byteformer
