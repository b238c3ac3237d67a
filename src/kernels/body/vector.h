// One vector of a set, and 16 virtual lanes made of them: reductions run over 16 lanes in one order
// on every set, so that sets with fused multiply-add give the same bits.

typedef float Vec __attribute__((vector_size(BF_VECTOR)));
typedef int IntVec __attribute__((vector_size(BF_VECTOR)));

constexpr unsigned long kLanes = BF_VECTOR / sizeof(float);
constexpr unsigned long kWide = 16;               // virtual lanes of a reduction
constexpr unsigned long kParts = kWide / kLanes;  // vectors that hold them

inline Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }
inline Vec splat(float x) { return x - Vec{}; }
// b where either is not a number. By the instruction: g++ 12 makes a comparison and a move of it.
inline Vec max(Vec a, Vec b) {
#if BF_VECTOR == 64
  return _mm512_max_ps(a, b);
#elif BF_VECTOR == 32
  return _mm256_max_ps(a, b);
#else
  return a > b ? a : b;
#endif
}

// The first `count` lanes from memory, the rest `fill`; and back.
inline Vec load_some(const float* p, unsigned long count, float fill) {
  float lanes[kLanes];
  for (unsigned long i = 0; i < kLanes; ++i) lanes[i] = i < count ? p[i] : fill;
  return load(lanes);
}
inline void store_some(float* p, Vec v, unsigned long count) {
  float lanes[kLanes];
  store(lanes, v);
  for (unsigned long i = 0; i < kLanes && i < count; ++i) p[i] = lanes[i];
}

struct Wide {
  Vec part[kParts];
};

inline Wide load_wide(const float* p) {
  Wide w = {};
#pragma GCC unroll 4
  for (unsigned long i = 0; i < kParts; ++i) w.part[i] = load(p + i * kLanes);
  return w;
}
inline void store_wide(float* p, const Wide& w) {
#pragma GCC unroll 4
  for (unsigned long i = 0; i < kParts; ++i) store(p + i * kLanes, w.part[i]);
}

using Lanes = std::make_index_sequence<kLanes>;

// Lane l takes the value of lane l + Step, in a circle.
template <unsigned long Step, unsigned long... L>
inline Vec rotated(Vec v, std::index_sequence<L...>) {
  return __builtin_shufflevector(v, v, ((L + Step) % kLanes)...);
}

// Sixteen lanes to one, halves onto halves: lane i takes lane i + 8, then i + 4, ...
template <unsigned long Step, class Join>
inline Vec fold_lanes(Vec v, Join join) {
  if constexpr (Step == 0)
    return v;
  else
    return fold_lanes<Step / 2>(join(v, rotated<Step>(v, Lanes())), join);
}
template <class Join>
inline float folded(Wide w, Join join) {
#pragma GCC unroll 4
  for (unsigned long parts = kParts; parts > 1; parts /= 2)
    for (unsigned long i = 0; i < parts / 2; ++i)
      w.part[i] = join(w.part[i], w.part[i + parts / 2]);
  return fold_lanes<kLanes / 2>(w.part[0], join)[0];
}
inline float sum_of(const Wide& w) {
  return folded(w, [](Vec a, Vec b) { return a + b; });
}
inline float max_of(const Wide& w) {
  return folded(w, [](Vec a, Vec b) { return max(a, b); });
}

// Of two rows Step apart the one's upper lanes change places with the other's lower ones, in groups
// of Step.
template <unsigned long Step, unsigned long... L>
inline void exchange_pair(Vec& a, Vec& b, std::index_sequence<L...>) {
  const Vec low = __builtin_shufflevector(a, b, ((L & Step) == 0 ? L : kLanes + L - Step)...);
  b = __builtin_shufflevector(a, b, ((L & Step) == 0 ? L + Step : kLanes + L)...);
  a = low;
}

// A square block of kLanes rows becomes its transpose, by log2(kLanes) rounds of exchanges.
template <unsigned long Step>
inline void exchange(Vec* rows) {
#pragma GCC unroll 16
  for (unsigned long i = 0; i < kLanes; ++i)
    if ((i & Step) == 0) exchange_pair<Step>(rows[i], rows[i + Step], Lanes());
  if constexpr (Step > 1) exchange<Step / 2>(rows);
}
inline void transpose(Vec* rows) { exchange<kLanes / 2>(rows); }
