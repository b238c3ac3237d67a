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

// 2^y for y <= 0, relative error 2.4e-7; from -126 down 2^-126, which no sum of at least 1 notices.
// Adding 1.5 * 2^23 rounds to the nearest whole number and leaves it in the lowest bits, from where
// it moves into the exponent; a minimax polynomial is the rest.
inline Vec exp2_of(Vec y) {
  const Vec magic = splat(12582912.0F);
  const Vec shifted = max(y, splat(-126.0F)) + magic;
  const Vec f = max(y, splat(-126.0F)) - (shifted - magic);
  Vec p = splat(1.3276472e-3F);
  p = p * f + 9.6755410e-3F;
  p = p * f + 5.5507131e-2F;
  p = p * f + 2.4022120e-1F;
  p = p * f + 6.9314694e-1F;
  p = p * f + 1.00000012F;
  return as_floats(bits_of(p) + (bits_of(shifted) << 23));
}

inline Vec absolute(Vec x) { return as_floats(bits_of(x) & 0x7FFFFFFF); }

// max(x, 0) - |x| * 2^P(|x|), P fitted to log2 of the normal distribution's tail: 6.4e-7 absolute,
// no erf and no division.
inline Vec gelu_of(Vec x) {
  const Vec a = absolute(x);
  Vec p = splat(-0.000473294137F);
  p = p * a + 0.00708446216F;
  p = p * a - 0.0518271713F;
  p = p * a - 0.459992642F;
  p = p * a - 1.15078777F;
  p = p * a - 1.00003763F;
  return max(x, Vec{}) - a * exp2_of(p);
}
