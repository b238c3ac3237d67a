#include "codec/resample.h"

#include <soxr.h>

#include <string>

#include "byteformer/error.h"

namespace byteformer {

Waveform resample(Waveform waveform, std::uint32_t rate) {
  if (waveform.sample_rate == rate) return waveform;
  const std::size_t n = waveform.length();
  const auto length = static_cast<std::size_t>(
      (static_cast<std::uint64_t>(n) * rate + waveform.sample_rate / 2) / waveform.sample_rate);
  Waveform out{rate, waveform.channels, std::vector<float>(waveform.channels * length)};
  const soxr_io_spec_t one_channel = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  const soxr_runtime_spec_t one_thread = soxr_runtime_spec(1);
  for (std::size_t c = 0; c < waveform.channels; ++c) {
    std::size_t taken = 0, given = 0;
    const soxr_error_t error = soxr_oneshot(
        waveform.sample_rate, rate, 1, waveform.samples.data() + c * n, n, &taken,
        out.samples.data() + c * length, length, &given, &one_channel, &quality, &one_thread);
    if (error != nullptr)
      throw IoError("soxr failed to resample from " + std::to_string(waveform.sample_rate) +
                    " to " + std::to_string(rate) + " Hz: " + soxr_strerror(error) + ".");
  }
  return out;
}

}  // namespace byteformer
