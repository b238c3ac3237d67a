#include "codec/waveform.h"

namespace byteformer {

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
