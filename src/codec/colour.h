// Colours that are not stored as RGB, converted as Pillow does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace byteformer {

using Rgb = std::array<std::uint8_t, 3>;

// Index to colour. What a file does not set is gray of the index's value, so that an untouched
// palette turns gray into RGB.
struct Palette {
  std::array<Rgb, 256> colours{};

  Palette() {
    for (std::size_t i = 0; i < colours.size(); ++i) colours[i].fill(static_cast<std::uint8_t>(i));
  }

  // indices [n], rgb [n, 3].
  void paint(std::span<const std::uint8_t> indices, std::span<std::uint8_t> rgb) const {
    for (std::size_t i = 0; i < indices.size(); ++i)
      for (std::size_t c = 0; c < 3; ++c) rgb[3 * i + c] = colours[indices[i]][c];
  }
};

// Ink 0 .. 255, 255 is full. Without a profile: (255 - k) * (255 - c) / 255, rounded in Pillow's
// way.
inline Rgb rgb_of_cmyk(std::span<const std::uint8_t, 4> cmyk) {
  const int light = 255 - cmyk[3];
  Rgb rgb{};
  for (std::size_t c = 0; c < 3; ++c) {
    const int t = cmyk[c] * light + 128;
    rgb[c] = static_cast<std::uint8_t>(light - (((t >> 8) + t) >> 8));  // 0 .. light
  }
  return rgb;
}

}  // namespace byteformer
