// What BF16 and int8 need of a processor, in its own instructions: those that g++ 12 does not find
// by itself.

typedef unsigned short Half __attribute__((vector_size(BF_VECTOR / 2)));  // kLanes BF16
typedef unsigned char Bytes __attribute__((vector_size(BF_VECTOR / 4)));

#if defined(__x86_64__)
static_assert(BF_VECTOR == 64);

// sum + a * b over the two BF16 of a word.
inline Vec add_bfloat16(Vec sum, IntVec a, IntVec b) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}
// sum + a * b over the four bytes of a word, those of a unsigned.
inline IntVec add_int8(IntVec sum, IntVec a, IntVec b) {
  // g++ 12 makes of the intrinsic a copy of each sum: less than half the speed.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  return sum;
}

inline Half to_bfloat16(Vec v) { return reinterpret_cast<Half>(_mm512_cvtneps_pbh(v)); }
inline IntVec widened(Half half) {
  return reinterpret_cast<IntVec>(_mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(half)));
}
inline Bytes low_bytes(IntVec v) {
  return reinterpret_cast<Bytes>(_mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(v)));
}

inline Vec rounded(Vec v) {
  return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
inline Vec times_power_of_two(Vec v, Vec whole) { return _mm512_scalef_ps(v, whole); }

#else
static_assert(BF_VECTOR == 16);

inline Vec add_bfloat16(Vec sum, IntVec a, IntVec b) {
  return vbfdotq_f32(sum, reinterpret_cast<bfloat16x8_t>(a), reinterpret_cast<bfloat16x8_t>(b));
}
inline IntVec add_int8(IntVec sum, IntVec a, IntVec b) {
  return vusdotq_s32(sum, reinterpret_cast<uint8x16_t>(a), reinterpret_cast<int8x16_t>(b));
}

inline Half to_bfloat16(Vec v) { return reinterpret_cast<Half>(vcvt_bf16_f32(v)); }
inline IntVec widened(Half half) { return __builtin_convertvector(half, IntVec); }
inline Bytes low_bytes(IntVec v) { return __builtin_convertvector(v, Bytes); }

inline Vec rounded(Vec v) { return vrndnq_f32(v); }
// For whole <= 127; from -126 down as for -126.
inline Vec times_power_of_two(Vec v, Vec whole) {
  const IntVec exponent = __builtin_convertvector(max(whole, splat(-126.0F)), IntVec) + 127;
  Vec power;
  const IntVec bits = exponent << 23;
  __builtin_memcpy(&power, &bits, sizeof power);
  return v * power;
}
#endif
