#include "data/augmentation.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "byteformer/error.h"
#include "codec/tiff.h"
#include "codec/wav.h"
#include "data/wav_augmentation.h"
#include "files/name.h"

namespace byteformer {
namespace {

constexpr std::size_t kChannels = 3;

void flip(std::uint8_t* pixels, std::size_t width, std::size_t height) {
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width / 2; ++x)
      std::swap_ranges(pixels + (y * width + x) * kChannels,
                       pixels + (y * width + x + 1) * kChannels,
                       pixels + (y * width + width - 1 - x) * kChannels);
}

// Moves the picture by (dx, dy); what comes in is black.
void shift(std::uint8_t* pixels, std::int64_t width, std::int64_t height, std::int64_t dx,
           std::int64_t dy) {
  const std::vector<std::uint8_t> before(pixels, pixels + width * height * 3);
  std::memset(pixels, 0, before.size());
  const std::int64_t from = std::max<std::int64_t>(0, dx), to = std::min(width, width + dx);
  if (from >= to) return;
  for (std::int64_t y = std::max<std::int64_t>(0, dy); y < std::min(height, height + dy); ++y)
    std::memcpy(pixels + (y * width + from) * 3, before.data() + ((y - dy) * width + from - dx) * 3,
                static_cast<std::size_t>((to - from) * 3));
}

// A rectangle of 2 to 20 % of the area becomes black; its sides differ by at most a factor of 3.
void erase(std::uint8_t* pixels, std::size_t width, std::size_t height, float area, float aspect,
           float place_x, float place_y) {
  const double wanted = (0.02 + 0.18 * area) * static_cast<double>(width * height);
  const double ratio = std::exp((2 * aspect - 1) * std::log(3.0));
  const std::size_t w =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::sqrt(wanted * ratio)), 1, width);
  const std::size_t h =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::sqrt(wanted / ratio)), 1, height);
  const auto x0 = static_cast<std::size_t>(place_x * static_cast<float>(width - w + 1));
  const auto y0 = static_cast<std::size_t>(place_y * static_cast<float>(height - h + 1));
  for (std::size_t y = y0; y < std::min(y0 + h, height); ++y)
    std::memset(pixels + (y * width + std::min(x0, width - w)) * kChannels, 0, w * kChannels);
}

void augment_picture(std::vector<std::uint8_t>& file, const TiffPixels& found,
                     const Recipe::Augmentation& a, Random& random) {
  std::uint8_t* pixels = file.data() + found.offset;
  if (a.flip && random.uniform() <= 0.5F) flip(pixels, found.width, found.height);
  if (a.shift > 0) {
    const auto reach = static_cast<std::int64_t>(a.shift);
    const std::int64_t dx = random.below(2 * reach + 1) - reach,
                       dy = random.below(2 * reach + 1) - reach;
    shift(pixels, static_cast<std::int64_t>(found.width), static_cast<std::int64_t>(found.height),
          dx, dy);
  }
  if (a.erase > 0) {
    const float chance = random.uniform(), area = random.uniform(), aspect = random.uniform(),
                x = random.uniform(), y = random.uniform();
    if (chance < static_cast<float>(a.erase))
      erase(pixels, found.width, found.height, area, aspect, x, y);
  }
}

}  // namespace

void augment(std::vector<std::uint8_t>& file, const Recipe::Augmentation& a, Random& random,
             const std::string& name) {
  const bool of_pictures = a.flip || a.shift > 0 || a.erase > 0, of_sound = changes_sound(a.wav);
  if (!of_pictures && !of_sound) return;
  if (of_sound) {
    if (const std::optional<WavSamples> found = find_wav_samples(file))
      return augment_wav(file, *found, a.wav, random);
  }
  if (of_pictures) {
    if (const std::optional<TiffPixels> found = find_tiff_pixels(file))
      return augment_picture(file, *found, a, random);
  }
  const std::string picture = "uncompressed RGB TIFF file of one strip",
                    sound = "WAV file of 16-bit samples";
  throw InputError(InputErrorKind::kDamaged,
                   printable(name) + ": no " +
                       (of_pictures && of_sound ? picture + " and no " + sound
                        : of_pictures           ? picture
                                                : sound) +
                       ", which byte_augmentation needs. Turn " +
                       (of_pictures ? "byte_augmentation" : "byte_augmentation.wav") +
                       " off, or write the files with `byteformer encode`.");
}

}  // namespace byteformer
