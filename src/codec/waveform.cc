#include "codec/waveform.h"

#include <utility>

namespace byteformer {

Waveform from_interleaved(std::vector<float> frames, std::size_t channels,
                          std::uint32_t sample_rate) {
  if (channels == 1) return {sample_rate, 1, std::move(frames)};
  Waveform waveform{sample_rate, channels, std::vector<float>(frames.size())};
  const std::size_t n = waveform.length();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t c = 0; c < channels; ++c)
      waveform.samples[c * n + i] = frames[i * channels + c];
  return waveform;
}

Waveform mix_to_mono(Waveform waveform) {
  if (waveform.channels == 1) return waveform;
  const std::size_t n = waveform.length();
  for (std::size_t i = 0; i < n; ++i) {
    float sum = waveform.samples[i];
    for (std::size_t c = 1; c < waveform.channels; ++c) sum += waveform.samples[c * n + i];
    waveform.samples[i] = sum / static_cast<float>(waveform.channels);
  }
  waveform.samples.resize(n);
  waveform.channels = 1;
  return waveform;
}

}  // namespace byteformer
