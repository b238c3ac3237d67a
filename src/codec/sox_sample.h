// A sample as sox holds it: 32 bits. The reference writes float32 WAV and MP3 through sox.
#pragma once

#include <cstdint>
#include <limits>

namespace byteformer {

// trunc(x * 2^31), clipped; what is no number becomes -2^31, as on the reference's processor.
inline std::int32_t sox_sample(float x) {
  const double scaled = static_cast<double>(x) * 0x1p31;
  if (scaled >= 0x1p31) return std::numeric_limits<std::int32_t>::max();
  if (!(scaled > -0x1p31)) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(scaled);
}

}  // namespace byteformer
