#include "data/adjustments.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

namespace byteformer {
namespace {

constexpr std::size_t kChannels = 3;

std::uint8_t blend(std::uint8_t degenerate, std::uint8_t value, float factor) {
  const float blended =
      static_cast<float>(degenerate) + factor * static_cast<float>(int{value} - int{degenerate});
  return static_cast<std::uint8_t>(std::clamp(blended, 0.0F, 255.0F));
}

void blend_from(std::uint8_t degenerate, Image& image, float factor) {
  for (std::uint8_t& value : image.rgb) value = blend(degenerate, value, factor);
}

std::uint8_t luma(const std::uint8_t* rgb) {  // ITU-R BT.601 in 16-bit fixed point
  return static_cast<std::uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >>
                                   16);
}

using Lookup = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::size_t, 256>;

// Replaces each channel's values by lookup_of(the channel's histogram)[value].
template <typename LookupOf>
Image map_channels(Image image, LookupOf lookup_of) {
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    Histogram histogram{};
    for (std::size_t i = channel; i < image.rgb.size(); i += kChannels) ++histogram[image.rgb[i]];
    const Lookup lookup = lookup_of(histogram);
    for (std::size_t i = channel; i < image.rgb.size(); i += kChannels)
      image.rgb[i] = lookup[image.rgb[i]];
  }
  return image;
}

Lookup unchanged() {
  Lookup lookup{};
  std::iota(lookup.begin(), lookup.end(), std::uint8_t{0});
  return lookup;
}

// The first value that occurs, and the last.
std::pair<std::size_t, std::size_t> extremes(const Histogram& histogram) {
  std::size_t low = 0, high = 255;
  while (low < high && histogram[low] == 0) ++low;
  while (low < high && histogram[high] == 0) --high;
  return {low, high};
}

Lookup stretched(const Histogram& histogram) {
  const auto [low, high] = extremes(histogram);
  if (low == high) return unchanged();
  const double scale = 255.0 / static_cast<double>(high - low);
  const double offset = -static_cast<double>(low) * scale;
  Lookup lookup{};
  for (std::size_t value = 0; value < lookup.size(); ++value)
    lookup[value] = static_cast<std::uint8_t>(
        std::clamp(static_cast<double>(value) * scale + offset, 0.0, 255.0));
  return lookup;
}

Lookup equalized(const Histogram& histogram) {
  const std::size_t pixels = std::accumulate(histogram.begin(), histogram.end(), std::size_t{0});
  const std::size_t step = (pixels - histogram[extremes(histogram).second]) / 255;
  if (step == 0) return unchanged();
  Lookup lookup{};
  std::size_t below = step / 2;
  for (std::size_t value = 0; value < lookup.size(); ++value) {
    lookup[value] = static_cast<std::uint8_t>(std::min<std::size_t>(below / step, 255));
    below += histogram[value];
  }
  return lookup;
}

}  // namespace

Image adjust_brightness(Image image, double factor) {
  blend_from(0, image, static_cast<float>(factor));
  return image;
}

Image adjust_color(Image image, double factor) {
  for (std::size_t i = 0; i < image.rgb.size(); i += kChannels) {
    const std::uint8_t gray = luma(&image.rgb[i]);
    for (std::size_t channel = 0; channel < kChannels; ++channel)
      image.rgb[i + channel] = blend(gray, image.rgb[i + channel], static_cast<float>(factor));
  }
  return image;
}

Image adjust_contrast(Image image, double factor) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < image.rgb.size(); i += kChannels) sum += luma(&image.rgb[i]);
  const double mean = static_cast<double>(sum) / static_cast<double>(image.width * image.height);
  const double rounded = mean + 0.5;  // and truncated
  blend_from(static_cast<std::uint8_t>(rounded), image, static_cast<float>(factor));
  return image;
}

Image adjust_sharpness(const Image& image, double factor) {
  // A pixel weighs 5/13 and its neighbours 1/13 each. In float32 the order of sums matters: within
  // a row from left to right, then the rows from below.
  constexpr float kCenter = 5.0F / 13.0F, kAround = 1.0F / 13.0F;
  const std::size_t stride = kChannels * image.width;
  auto row_sum = [](const std::uint8_t* middle, float weight) {
    return static_cast<float>(middle[-3]) * kAround + static_cast<float>(middle[0]) * weight +
           static_cast<float>(middle[3]) * kAround;
  };
  Image out = image;
  for (std::size_t y = 1; y + 1 < image.height; ++y)
    for (std::size_t i = y * stride + kChannels; i + kChannels < (y + 1) * stride; ++i) {
      const std::uint8_t* value = image.rgb.data() + i;
      const float smooth = 0.5F + row_sum(value + stride, kAround) + row_sum(value, kCenter) +
                           row_sum(value - stride, kAround);
      out.rgb[i] = blend(static_cast<std::uint8_t>(smooth), *value, static_cast<float>(factor));
    }
  return out;
}

Image posterize(Image image, int bits) {
  for (std::uint8_t& value : image.rgb) value &= static_cast<std::uint8_t>(0xFF00 >> bits);
  return image;
}

Image solarize(Image image, double threshold) {
  for (std::uint8_t& value : image.rgb)
    if (!(value < threshold)) value = static_cast<std::uint8_t>(255 - value);
  return image;
}

Image autocontrast(Image image) { return map_channels(std::move(image), stretched); }

Image equalize(Image image) { return map_channels(std::move(image), equalized); }

}  // namespace byteformer
