// Compiled without fused multiply-add, so that products are rounded before they are added.
#include "data/sound_augmentation.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "byteformer/error.h"

namespace byteformer {
namespace {

// combine(a, b) for each sample of two clips of one length.
template <typename Combine>
Waveform combined(const Waveform& a, const Waveform& b, const char* what, Combine combine) {
  auto text = [](const Waveform& w) {
    return std::to_string(w.channels) + " channels at " + std::to_string(w.sample_rate) + " Hz";
  };
  const bool channels_fit = a.channels == b.channels || a.channels == 1 || b.channels == 1;
  if (a.sample_rate != b.sample_rate || !channels_fit)
    throw UsageError("a clip has " + text(a) + " and " + what + " " + text(b) +
                     ", but the rates must be the same, and the channels too unless one has one. "
                     "Resample or mix them to mono first.");
  const std::size_t n = a.length(), channels = std::max(a.channels, b.channels);
  Waveform out{a.sample_rate, channels, std::vector<float>(channels * n)};
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < n; ++i)
      out.samples[c * n + i] = combine(a.samples[a.channels == 1 ? i : c * n + i],
                                       b.samples[b.channels == 1 ? i : c * n + i]);
  return out;
}

// `length` samples of each channel from `start`, going on at the beginning.
Waveform piece_in_circle(const Waveform& whole, std::size_t start, std::size_t length) {
  const std::size_t n = whole.length();
  Waveform piece{whole.sample_rate, whole.channels, {}};
  piece.samples.reserve(whole.channels * length);
  for (std::size_t c = 0; c < whole.channels; ++c)
    for (std::size_t i = 0; i < length; ++i)
      piece.samples.push_back(whole.samples[c * n + (start + i) % n]);
  return piece;
}

}  // namespace

Waveform with_length(Waveform clip, std::size_t length) {
  const std::size_t n = clip.length();
  if (n == length) return clip;
  Waveform out{clip.sample_rate, clip.channels, std::vector<float>(clip.channels * length)};
  for (std::size_t c = 0; c < clip.channels; ++c)
    std::copy_n(clip.samples.begin() + static_cast<std::ptrdiff_t>(c * n), std::min(n, length),
                out.samples.begin() + static_cast<std::ptrdiff_t>(c * length));
  return out;
}

Waveform with_gain(Waveform clip, double decibels) {
  const auto factor = static_cast<float>(std::pow(10.0, decibels / 20));
  for (float& x : clip.samples) x *= factor;
  return clip;
}

Waveform add_noise(const Waveform& clip, const Waveform& noise, std::size_t start,
                   double decibels) {
  const std::size_t n = clip.length(), available = noise.length();
  if (available < n - n / 2)
    throw UsageError("noise of " + std::to_string(available) +
                     " samples is too short for a clip of " + std::to_string(n) +
                     ": it must have half of that. Remove the noise file.");
  const Waveform piece = with_gain(piece_in_circle(noise, start, n), decibels);
  return combined(clip, piece, "the noise", [](float x, float y) { return x + y; });
}

std::size_t draw_noise_start(const Waveform& noise, std::size_t length, Random& random) {
  if (noise.length() <= length) return 0;
  return static_cast<std::size_t>(
      random.below(static_cast<std::int64_t>(noise.length() - length + 1)));
}

Waveform roll(Waveform clip, std::int64_t shift) {
  const auto n = static_cast<std::int64_t>(clip.length());
  if (n == 0) return clip;
  const std::int64_t right = (shift % n + n) % n;
  for (auto begin = clip.samples.begin(); begin != clip.samples.end(); begin += n)
    std::rotate(begin, begin + (n - right), begin + n);
  return clip;
}

std::int64_t draw_shift(std::size_t length, double window, Random& random) {
  const auto w = static_cast<std::int64_t>(window * static_cast<double>(length));
  return w == 0 ? 0 : random.below(2 * w) - w;
}

Waveform mixup(const Waveform& first, const Waveform& second, float share) {
  if (first.length() != second.length())
    throw UsageError("clips of " + std::to_string(first.length()) + " and " +
                     std::to_string(second.length()) +
                     " samples cannot be mixed. Give them one length first.");
  const float rest = 1.0F - share;
  return combined(first, second, "the second clip",
                  [=](float x, float y) { return x * share + y * rest; });
}

std::vector<float> mixup_target(std::size_t classes, std::size_t first, std::size_t second,
                                float share) {
  std::vector<float> target(classes);
  target[first] += share;
  target[second] += 1.0F - share;
  return target;
}

}  // namespace byteformer
