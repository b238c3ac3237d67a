// BF16 operands: two to a word, multiplied and added to float32 by one instruction.

struct Bfloat16 {
  using Element = unsigned short;
  using Sum = Vec;
  using Hold = Nothing;
  static constexpr unsigned long kStep = 2, kTail = 0, kBlock = 1, kRows = BF_ROWS;
  static constexpr bool kIsExact = false;

  static Element element(float x) {  // to nearest even
    if (x != x) return 0x7FC0;
    unsigned bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return static_cast<Element>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
  }
  static Sum first(const char*, unsigned long) { return Vec{}; }
  static Sum mac(Sum sum, int a, IntVec b) { return add_bfloat16(sum, IntVec{} + a, b); }
  static Vec value(Sum sum, const char*, unsigned long, const char*) { return sum; }

  // Words of kLanes elements at `from` (low halves) and as many at `below` (high; null: zeros).
  static IntVec interleaved(const char* from, const char* below) {
    const IntVec low = loaded(from);
    return below == nullptr ? low : low | loaded(below) << 16;
  }
  static IntVec loaded(const char* from) {
    Half half;
    __builtin_memcpy(&half, from, sizeof half);
    return widened(half);
  }
};

inline void store_elements(Bfloat16::Element* p, Vec v) {
  const Half half = to_bfloat16(v);
  __builtin_memcpy(p, &half, sizeof half);
}
inline void store_some_elements(Bfloat16::Element* p, Vec v, unsigned long count) {
  Bfloat16::Element lanes[kLanes];
  store_elements(lanes, v);
  for (unsigned long i = 0; i < kLanes && i < count; ++i) p[i] = lanes[i];
}
inline Vec load(const Bfloat16::Element* p) {
  return as_floats(Bfloat16::loaded(reinterpret_cast<const char*>(p)) << 16);
}

void round_to_bfloat16(const float* x, unsigned long m, unsigned long k, void* operands) noexcept {
  auto* to = static_cast<Bfloat16::Element*>(operands);
  unsigned long i = 0;
  for (; i + kLanes <= m * k; i += kLanes) store_elements(to + i, load(x + i));
  if (i < m * k) store_some_elements(to + i, load_some(x + i, m * k - i, 0), m * k - i);
}
