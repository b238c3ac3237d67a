// Functions of a vector: polynomials, the same operations on every set.

inline Vec as_floats(IntVec bits) {
  Vec v;
  __builtin_memcpy(&v, &bits, sizeof v);
  return v;
}
inline IntVec bits_of(Vec v) {
  IntVec bits;
  __builtin_memcpy(&bits, &v, sizeof bits);
  return bits;
}

template <bool is_exact>
Vec exp2_of(Vec y);

// 2^y for y <= 0; from -126 down 2^-126, which no sum of at least 1 notices. Adding 1.5 * 2^23
// rounds to the nearest whole number and leaves it in the lowest bits, from where it moves into the
// exponent; a minimax polynomial is the rest: relative error 2.4e-7, the same bits on every set.
template <>
inline Vec exp2_of<true>(Vec y) {
  const Vec magic = splat(12582912.0F);
  const Vec least = max(y, splat(-126.0F));
  const Vec shifted = least + magic;
  const Vec f = least - (shifted - magic);
  Vec p = splat(1.3276472e-3F);
  p = p * f + 9.6755410e-3F;
  p = p * f + 5.5507131e-2F;
  p = p * f + 2.4022120e-1F;
  p = p * f + 6.9314694e-1F;
  p = p * f + 1.00000012F;
  return as_floats(bits_of(p) + (bits_of(shifted) << 23));
}

#ifdef BF_REDUCED
// The same within 7.5e-5, below the rounding of BF16, for any finite y.
template <>
inline Vec exp2_of<false>(Vec y) {
  const Vec whole = rounded(y);
  const Vec f = y - whole;
  Vec p = splat(5.5171669e-2F);
  p = p * f + 2.4261112e-1F;
  p = p * f + 6.9326099e-1F;
  p = p * f + 9.9992807e-1F;
  return times_power_of_two(p, whole);
}
#endif

inline Vec absolute(Vec x) { return as_floats(bits_of(x) & 0x7FFFFFFF); }

// max(x, 0) - |x| * 2^P(|x|), P fitted to log2 of the normal distribution's tail: 6.4e-7 absolute,
// or 1.4e-4; no erf and no division. The leading coefficients are negative: the tail goes to zero.
template <bool is_exact>
inline Vec gelu_of(Vec x) {
  const Vec a = absolute(x);
  Vec p;
  if constexpr (is_exact) {
    p = splat(-0.000473294137F);
    p = p * a + 0.00708446216F;
    p = p * a - 0.0518271713F;
    p = p * a - 0.459992642F;
    p = p * a - 1.15078777F;
    p = p * a - 1.00003763F;
  } else {
    p = splat(-0.0248739545F);
    p = p * a - 0.498853481F;
    p = p * a - 1.12921971F;
    p = p * a - 1.00353674F;
  }
  return max(x, Vec{}) - a * exp2_of<is_exact>(p);
}
