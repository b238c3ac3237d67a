#include "codec/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "byteformer/error.h"
#include "codec/crop.h"

namespace byteformer {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kFractionBits = 22;  // 32, less 8 of a byte and 2 for weights that overshoot

struct Filter {
  double support;  // it is 0 from here on, in input pixels of an unreduced picture
  double (*weight)(double);
};

double bilinear(double x) {
  x = std::abs(x);
  return x < 1 ? 1 - x : 0;
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

Filter filter_of(Interpolation interpolation) {
  return interpolation == Interpolation::kBicubic ? Filter{2, bicubic} : Filter{1, bilinear};
}

// A run of positions along one side.
struct Range {
  std::size_t first, count;
  std::size_t end() const { return first + count; }
};

// The input positions of one output position and their weights, which sum to about 1 in fixed
// point.
struct Taps {
  std::size_t first;
  std::vector<std::int32_t> weights;
  std::size_t end() const { return first + weights.size(); }
};

Taps taps_of(std::size_t position, std::size_t size_in, std::size_t size_out,
             const Filter& filter) {
  const double scale = static_cast<double>(size_in) / static_cast<double>(size_out);
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;
  const double center = (static_cast<double>(position) + 0.5) * scale;
  const double from = center - support + 0.5, to = center + support + 0.5;
  const auto first = static_cast<std::size_t>(std::max(from, 0.0));
  const std::size_t end = std::min(static_cast<std::size_t>(to), size_in);
  std::vector<double> weights;
  double sum = 0;
  for (std::size_t i = first; i < end; ++i) {
    weights.push_back(filter.weight((static_cast<double>(i) - center + 0.5) * (1.0 / stretch)));
    sum += weights.back();
  }
  Taps taps{first, {}};
  for (const double weight : weights) {
    const double scaled = weight / sum * static_cast<double>(1 << kFractionBits);
    const double half = scaled < 0 ? -0.5 : 0.5;  // rounded as the reference does, by this sum
    taps.weights.push_back(static_cast<std::int32_t>(scaled + half));
  }
  return taps;
}

// The taps of `shown`, a part of the size_out positions.
std::vector<Taps> all_taps(Range shown, std::size_t size_in, std::size_t size_out,
                           Interpolation interpolation) {
  std::vector<Taps> taps;
  for (std::size_t i = shown.first; i < shown.end(); ++i)
    taps.push_back(taps_of(i, size_in, size_out, filter_of(interpolation)));
  return taps;
}

constexpr std::int32_t kHalf = 1 << (kFractionBits - 1);

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

// Row y of the output is row rows.first + y of the input.
Image resize_rows(const Image& image, Range rows, const std::vector<Taps>& columns) {
  Image out{columns.size(), rows.count,
            std::vector<std::uint8_t>(kChannels * columns.size() * rows.count)};
  std::uint8_t* next = out.rgb.data();
  for (std::size_t y = rows.first; y < rows.end(); ++y)
    for (const Taps& taps : columns) {
      const std::uint8_t* in = image.rgb.data() + kChannels * (y * image.width + taps.first);
      std::int32_t red = kHalf, green = kHalf, blue = kHalf;
      for (const std::int32_t weight : taps.weights) {
        red += weight * in[0];
        green += weight * in[1];
        blue += weight * in[2];
        in += kChannels;
      }
      for (const std::int32_t sum : {red, green, blue}) *next++ = to_byte(sum);
    }
  return out;
}

// The image's row 0 is row first_row of what the taps mean.
Image resize_columns(const Image& image, std::size_t first_row, const std::vector<Taps>& rows) {
  const std::size_t stride = kChannels * image.width;
  Image out{image.width, rows.size(), std::vector<std::uint8_t>(stride * rows.size())};
  std::vector<std::int32_t> sums(stride);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    std::ranges::fill(sums, kHalf);
    const std::uint8_t* in = image.rgb.data() + (rows[y].first - first_row) * stride;
    for (const std::int32_t weight : rows[y].weights) {
      for (std::size_t i = 0; i < stride; ++i) sums[i] += weight * in[i];
      in += stride;
    }
    std::ranges::transform(sums, out.rgb.begin() + static_cast<std::ptrdiff_t>(y * stride),
                           to_byte);
  }
  return out;
}

Box box_of(Range columns, Range rows) {
  return {.top = rows.first, .left = columns.first, .height = rows.count, .width = columns.count};
}

// Part of the image as it would be with `width` columns and `height` rows.
Image resized_part(const Image& image, std::size_t width, std::size_t height, Range columns,
                   Range rows, Interpolation interpolation) {
  if (height == image.height) {
    if (width == image.width) return crop(image, box_of(columns, rows));
    return resize_rows(image, rows, all_taps(columns, image.width, width, interpolation));
  }
  const std::vector<Taps> taps = all_taps(rows, image.height, height, interpolation);
  const Range needed{taps.front().first, taps.back().end() - taps.front().first};
  if (width == image.width)
    return resize_columns(crop(image, box_of(columns, needed)), needed.first, taps);
  return resize_columns(
      resize_rows(image, needed, all_taps(columns, image.width, width, interpolation)),
      needed.first, taps);
}

void check_side(std::size_t side) {
  if (side == 0 || side > kLargestSide)
    throw UsageError("a picture's side is to become " + std::to_string(side) +
                     " pixels, but must be from 1 to " + std::to_string(kLargestSide) +
                     ". Ask for another size, or crop the picture first.");
}

struct Size {
  std::size_t width, height;
};

Size size_with_shorter_side(const Image& image, std::size_t size) {
  if (image.width < image.height) return {size, size * image.height / image.width};
  return {size * image.width / image.height, size};
}

// What a centered run of crop_size positions shows of a side, and where it lies in the crop.
struct Shown {
  Range range;
  std::size_t margin;
};

Shown shown_by_crop(std::size_t side, std::size_t crop_size) {
  if (crop_size <= side) return {{(side - crop_size) / 2, crop_size}, 0};
  return {{0, side}, (crop_size - side + 1) / 2};  // floor of a negative offset
}

Image center_of(const Image& image, Size size, std::size_t crop_size, Interpolation interpolation) {
  const Shown columns = shown_by_crop(size.width, crop_size);
  const Shown rows = shown_by_crop(size.height, crop_size);
  Image part =
      resized_part(image, size.width, size.height, columns.range, rows.range, interpolation);
  if (part.width == crop_size && part.height == crop_size) return part;
  Image out{crop_size, crop_size, std::vector<std::uint8_t>(kChannels * crop_size * crop_size)};
  for (std::size_t y = 0; y < part.height; ++y)
    std::copy_n(part.rgb.data() + kChannels * y * part.width, kChannels * part.width,
                out.rgb.data() + kChannels * ((rows.margin + y) * crop_size + columns.margin));
  return out;
}

}  // namespace

Image resize(const Image& image, std::size_t width, std::size_t height,
             Interpolation interpolation) {
  check_pixels(image);
  check_side(width);
  check_side(height);
  if (image.height > kLargestSide * kLargestSide / width)
    throw UsageError("a picture of " + std::to_string(image.height) +
                     " rows cannot become one of " + std::to_string(width) +
                     " columns: that takes more than " +
                     std::to_string(kLargestSide * kLargestSide) +
                     " pixels on the way. Ask for fewer columns, or crop the picture first.");
  return resized_part(image, width, height, {0, width}, {0, height}, interpolation);
}

Image resize_shorter_side(const Image& image, std::size_t size, Interpolation interpolation) {
  check_pixels(image);
  check_side(size);
  const Size to = size_with_shorter_side(image, size);
  return resize(image, to.width, to.height, interpolation);
}

Image center_crop(const Image& image, std::size_t size) {
  check_pixels(image);
  check_side(size);
  return center_of(image, {image.width, image.height}, size, Interpolation::kBilinear);
}

Image resize_and_center_crop(const Image& image, std::size_t size, std::size_t crop_size,
                             Interpolation interpolation) {
  check_pixels(image);
  check_side(size);
  check_side(crop_size);
  return center_of(image, size_with_shorter_side(image, size), crop_size, interpolation);
}

}  // namespace byteformer
