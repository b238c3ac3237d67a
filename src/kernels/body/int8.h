// int8 operands: four to a word, summed exactly in 32-bit integers. A row of A is quantized when it
// is known, with its own scale, and lies as unsigned bytes q + 128, as the instruction wants them;
// the sums begin with -128 times the weights' sum, which takes the 128 out again. A weight has the
// scale of its channel. Elements are BF16.

struct Int8 {
  using Element = Bfloat16::Element;
  using Sum = IntVec;
  using Hold = Nothing;
  static constexpr unsigned long kStep = 4, kBlock = 1, kRows = BF_ROWS;
  static constexpr unsigned long kTail = kPanel * 8;  // first sums, then scales
  static constexpr bool kIsExact = false;

  static Sum first(const char* tail, unsigned long v) {
    return load_words(tail + v * sizeof(IntVec));
  }
  static Sum mac(Sum sum, int a, IntVec b) { return add_int8(sum, IntVec{} + a, b); }
  static Vec value(Sum sum, const char* tail, unsigned long v, const char* row_tail) {
    const Vec scales = as_floats(load_words(tail + kPanel * kWord + v * sizeof(Vec)));
    float row_scale;
    __builtin_memcpy(&row_scale, row_tail, sizeof row_scale);
    return __builtin_convertvector(sum, Vec) * (scales * row_scale);
  }
};

constexpr float kMostInt8 = 127;

unsigned long int8_operand_size(unsigned long k) {
  return words_of<Int8>(k) * kWord + sizeof(float);
}

// Adding 1.5 * 2^23 + 128 rounds to the nearest whole number and leaves it, plus 128, in the lowest
// byte.
inline Bytes quantized(Vec x, float per_unit) {
  return low_bytes(bits_of(x * per_unit + (12582912.0F + 128.0F)));
}

template <class From>
void quantize(const From* x, unsigned long m, unsigned long k, void* operands) noexcept {
  char* to = static_cast<char*>(operands);
  for (unsigned long r = 0; r < m; ++r, x += k) {
    Vec most = {}, not_finite = {};  // NaN where any value is not: then the scale is
    unsigned long i = 0;
    for (; i + kLanes <= k; i += kLanes) {
      const Vec v = load(x + i);
      most = max(absolute(v), most);
      not_finite += v - v;
    }
    Vec rest = {};
    if (i < k) {
      From lanes[kLanes] = {};
      for (unsigned long j = i; j < k; ++j) lanes[j - i] = x[j];
      rest = load(lanes);
      most = max(absolute(rest), most);
      not_finite += rest - rest;
    }
    const float largest = fold_lanes<kLanes / 2>(most, [](Vec a, Vec b) { return max(a, b); })[0];
    const float per_unit = largest > 0 ? kMostInt8 / largest : 0;
    for (i = 0; i + kLanes <= k; i += kLanes, to += kLanes) {
      const Bytes bytes = quantized(load(x + i), per_unit);
      __builtin_memcpy(to, &bytes, sizeof bytes);
    }
    if (i < k) {
      const Bytes bytes = quantized(rest, per_unit);
      __builtin_memcpy(to, &bytes, words_of<Int8>(k - i) * kWord);
      to += words_of<Int8>(k - i) * kWord;
    }
    const float scale = largest / kMostInt8 +
                        fold_lanes<kLanes / 2>(not_finite, [](Vec a, Vec b) { return a + b; })[0];
    __builtin_memcpy(to, &scale, sizeof scale);
    to += sizeof scale;
  }
}
void quantize_floats(const float* x, unsigned long m, unsigned long k, void* operands) noexcept {
  quantize(x, m, k, operands);
}
void quantize_elements(const void* x, unsigned long m, unsigned long k, void* operands) noexcept {
  quantize(static_cast<const Int8::Element*>(x), m, k, operands);
}

template <class T>
void pack_int8(const float* b, unsigned long row_stride, unsigned long column_stride,
               unsigned long n, unsigned long k, void* packed) noexcept {
  auto* to = static_cast<signed char*>(packed);
  for (unsigned long panel = 0; panel < n; panel += kPanel) {
    float scales[kPanel], per_unit[kPanel];
    int sums[kPanel] = {};
    for (unsigned long i = 0; i < kPanel; ++i) {
      float most = 0, not_finite = 0;
      if (panel + i < n)
        for (unsigned long p = 0; p < k; ++p) {
          const float size = __builtin_fabsf(b[(panel + i) * row_stride + p * column_stride]);
          most = size > most ? size : most;
          not_finite += size - size;
        }
      scales[i] = most / kMostInt8 + not_finite;
      per_unit[i] = most > 0 ? kMostInt8 / most : 0;
    }
    for (unsigned long p = 0; p < panel_words<T>(k) * T::kStep; p += T::kStep)
      for (unsigned long i = 0; i < kPanel; ++i)
        for (unsigned long s = p; s < p + T::kStep; ++s, ++to) {
          const bool is_there = panel + i < n && s < k;
          const float x = is_there ? b[(panel + i) * row_stride + s * column_stride] : 0;
          const float q = x * per_unit[i];
          *to = q == q ? static_cast<signed char>(__builtin_rintf(q)) : 0;
          sums[i] -= 128 * *to;
        }
    __builtin_memcpy(to, sums, sizeof sums);
    __builtin_memcpy(to + sizeof sums, scales, sizeof scales);
    to += sizeof sums + sizeof scales;
  }
}
