#include "data/wav_augmentation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "codec/little_endian.h"
#include "codec/resample.h"

namespace byteformer {
namespace {

// From [-reach, reach).
double draw_within(double reach, Random& random) {
  return reach * (2.0 * static_cast<double>(random.uniform()) - 1.0);
}

Waveform read_samples(const std::vector<std::uint8_t>& file, const WavSamples& found) {
  std::vector<float> frames;
  frames.reserve(found.length / 2);
  for (std::size_t at = found.offset; at < found.offset + found.length; at += 2)
    frames.push_back(static_cast<std::int16_t>(file[at] | file[at + 1] << 8));
  return from_interleaved(std::move(frames), found.channels, found.sample_rate);
}

// The largest power of two of which all samples are multiples: 256 where 8 bits were recorded and
// stored in 16. Not more, or the few values of a nearly silent file would make a step of its own.
std::int32_t step_of(const std::vector<float>& samples) {
  std::int32_t bits = 256;
  for (const float x : samples) bits |= static_cast<std::int32_t>(x);
  return bits & -bits;
}

// Of the pitch too: read as if recorded at a rate that is `factor` times as high.
Waveform played_at(double factor, Waveform sound) {
  const std::uint32_t rate = sound.sample_rate;
  sound.sample_rate = std::max(1U, static_cast<std::uint32_t>(std::lround(rate * factor)));
  return resample(std::move(sound), rate);
}

// Positive: silence of so many frames before it; negative: so many are cut off.
Waveform moved_by(std::int64_t frames, const Waveform& sound) {
  const auto before = static_cast<std::int64_t>(sound.length()), after = before + frames;
  Waveform out{sound.sample_rate, sound.channels, {}};
  out.samples.reserve(sound.channels * static_cast<std::size_t>(after));
  for (std::size_t c = 0; c < sound.channels; ++c) {
    const auto channel = sound.samples.begin() + static_cast<std::int64_t>(c) * before;
    out.samples.insert(out.samples.end(),
                       static_cast<std::size_t>(std::max<std::int64_t>(0, frames)), 0.0F);
    out.samples.insert(out.samples.end(), channel + std::max<std::int64_t>(0, -frames),
                       channel + before);
  }
  return out;
}

// A pair of independent draws makes each normal value (Box and Muller).
void add_white_noise(std::vector<float>& samples, double rms, Random& random) {
  for (float& x : samples) {
    const double radius = std::sqrt(-2 * std::log(1.0 - static_cast<double>(random.uniform()))),
                 angle = 2 * std::numbers::pi * static_cast<double>(random.uniform());
    x += static_cast<float>(rms * radius * std::cos(angle));
  }
}

double rms_of(const std::vector<float>& samples) {
  double sum = 0;
  for (const float x : samples) sum += static_cast<double>(x) * static_cast<double>(x);
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

void add_to_size(std::vector<std::uint8_t>& file, std::size_t at, std::int64_t more) {
  const std::uint32_t size = get32(file, at) + static_cast<std::uint32_t>(more);
  for (std::size_t i = 0; i < 4; ++i) file[at + i] = static_cast<std::uint8_t>(size >> (8 * i));
}

void write_samples(std::vector<std::uint8_t>& file, const WavSamples& found, const Waveform& sound,
                   std::int32_t step) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(2 * sound.samples.size());
  const std::size_t n = sound.length();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t c = 0; c < sound.channels; ++c) {
      const long steps = std::lround(sound.samples[c * n + i] / static_cast<float>(step));
      put16(bytes, static_cast<std::uint32_t>(std::clamp(steps * step, -32768L, 32768L - step)));
    }
  const auto more =
      static_cast<std::int64_t>(bytes.size()) - static_cast<std::int64_t>(found.length);
  const auto begin = file.begin() + static_cast<std::ptrdiff_t>(found.offset);
  std::vector<std::uint8_t> changed(file.begin(), begin);
  changed.insert(changed.end(), bytes.begin(), bytes.end());
  changed.insert(changed.end(), begin + static_cast<std::ptrdiff_t>(found.length), file.end());
  file = std::move(changed);
  add_to_size(file, 4, more);
  add_to_size(file, found.offset - 4, more);
}

}  // namespace

bool changes_sound(const Recipe::Augmentation::Wav& a) {
  return a.speed > 0 || a.offset > 0 || a.gain > 0 || a.noise > 0;
}

void augment_wav(std::vector<std::uint8_t>& file, const WavSamples& found,
                 const Recipe::Augmentation::Wav& a, Random& random) {
  if (found.length == 0) return;
  Waveform sound = read_samples(file, found);
  const std::int32_t step = step_of(sound.samples);
  if (a.speed > 0) sound = played_at(1 + draw_within(a.speed, random), std::move(sound));
  if (a.offset > 0) {
    const double seconds = draw_within(a.offset, random);
    const auto frames = static_cast<std::int64_t>(seconds * sound.sample_rate);
    sound = moved_by(std::max(frames, -static_cast<std::int64_t>(sound.length() / 2)), sound);
  }
  if (a.gain > 0) {
    const double factor = std::pow(10.0, draw_within(a.gain, random) / 20);
    for (float& x : sound.samples) x *= static_cast<float>(factor);
  }
  if (a.noise > 0) {
    const double share = a.noise * static_cast<double>(random.uniform());
    add_white_noise(sound.samples, share * rms_of(sound.samples), random);
  }
  write_samples(file, found, sound, step);
}

}  // namespace byteformer
