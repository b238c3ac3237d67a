// Sound at another sampling rate, by soxr's "high quality" (20 bit).
#pragma once

#include <cstdint>

#include "codec/waveform.h"

namespace byteformer {

// At most so many times up or down: 96 kHz to 1 kHz and back are within it, and what is outside is
// a damaged header rather than a recording.
inline constexpr std::uint32_t kMaxRateRatio = 256;

// The length becomes length * rate / sample_rate, rounded. The same rate gives the same samples.
// Requires sample_rate > 0, rate > 0 and a ratio within kMaxRateRatio. soxr has bodies of its own
// for different processors: the last bits may differ between two of them.
Waveform resample(Waveform waveform, std::uint32_t rate);

}  // namespace byteformer
