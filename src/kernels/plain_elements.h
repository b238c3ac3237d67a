// What lies between the products of the plain set: floats, or bfloat16 in 16 bits, rounded to
// nearest even.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace byteformer::kernels::plain {

struct Bfloat16 {
  std::uint16_t bits;
};
inline double value_of(float x) { return x; }
inline double value_of(Bfloat16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}
inline void assign(float& to, double x) { to = static_cast<float>(x); }
inline void assign(Bfloat16& to, double x) {
  if (std::isnan(x)) {
    to.bits = 0x7FC0;
    return;
  }
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(x));
  to.bits = static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

}  // namespace byteformer::kernels::plain
