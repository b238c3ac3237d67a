// Sound as every codec here gives and takes it: float32 samples, full scale is [-1, 1].
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace byteformer {

struct Waveform {
  std::uint32_t sample_rate = 0;  // Hz
  std::size_t channels = 0;
  std::vector<float> samples;  // [channels, length]

  std::size_t length() const { return channels == 0 ? 0 : samples.size() / channels; }
};

// Samples as files hold them, [length, channels], to a waveform. Requires channels >= 1.
Waveform from_interleaved(std::vector<float> frames, std::size_t channels,
                          std::uint32_t sample_rate);

// One channel: the mean over the channels in float32, summed in their order. The reference allows
// one or two channels, this any number from one.
Waveform mix_to_mono(Waveform waveform);

}  // namespace byteformer
