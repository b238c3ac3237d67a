// Functions of whole rows: layer norm, softmax, GELU, sums of table rows.

// Rows rows at once: one row alone would wait for its own sums.
template <unsigned long Rows>
inline void norm_rows(const float* x, const float* weight, const float* bias, float eps, float* y,
                      unsigned long d) {
  Wide sums[Rows] = {}, squares[Rows] = {};
  float mean[Rows], scale[Rows];
  for (unsigned long i = 0; i < d; i += kWide)
#pragma GCC unroll 4
    for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j)
        sums[r].part[j] += load(x + r * d + i + j * kLanes);
#pragma GCC unroll 4
  for (unsigned long r = 0; r < Rows; ++r) mean[r] = sum_of(sums[r]) / static_cast<float>(d);
  for (unsigned long i = 0; i < d; i += kWide)
#pragma GCC unroll 4
    for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j) {
        const Vec away = load(x + r * d + i + j * kLanes) - mean[r];
        squares[r].part[j] += away * away;
      }
#pragma GCC unroll 4
  for (unsigned long r = 0; r < Rows; ++r)
    scale[r] = 1.0F / __builtin_sqrtf(sum_of(squares[r]) / static_cast<float>(d) + eps);
  for (unsigned long i = 0; i < d; i += kLanes)
#pragma GCC unroll 4
    for (unsigned long r = 0; r < Rows; ++r)
      store(y + r * d + i,
            (load(x + r * d + i) - mean[r]) * scale[r] * load(weight + i) + load(bias + i));
}

void layer_norm(const float* x, const float* weight, const float* bias, float eps, float* y,
                unsigned long m, unsigned long d) noexcept {
  unsigned long r = 0;
  for (; r + 4 <= m; r += 4) norm_rows<4>(x + r * d, weight, bias, eps, y + r * d, d);
  for (; r < m; ++r) norm_rows<1>(x + r * d, weight, bias, eps, y + r * d, d);
}

constexpr float kLowest = -__builtin_inff();

// x [n] becomes 2^(factor * (x - max)), 0 for -inf; returns their sum. What lies behind x up to a
// multiple of 16 is overwritten.
inline float powers(float* x, unsigned long n, float factor) {
  for (unsigned long i = n; i % kWide != 0; ++i) x[i] = kLowest;
  Wide maxima = {}, sums = {};
  for (Vec& part : maxima.part) part = splat(kLowest);
  for (unsigned long i = 0; i < n; i += kWide) {
    const Wide v = load_wide(x + i);
    for (unsigned long j = 0; j < kParts; ++j) maxima.part[j] = max(maxima.part[j], v.part[j]);
  }
  const float most = max_of(maxima);
  for (unsigned long i = 0; i < n; i += kWide) {
    Wide v = load_wide(x + i);
    for (unsigned long j = 0; j < kParts; ++j) {
      const Vec power = exp2_of((v.part[j] - most) * factor);
      v.part[j] = v.part[j] > splat(kLowest) ? power : Vec{};
      sums.part[j] += v.part[j];
    }
    store_wide(x + i, v);
  }
  return sum_of(sums);
}

void softmax(float* x, unsigned long ld, unsigned long m, unsigned long n) noexcept {
  constexpr float kLog2E = 1.44269504F;
  for (unsigned long r = 0; r < m; ++r, x += ld) {
    const float sum = powers(x, n, kLog2E), scale = sum > 0 ? 1.0F / sum : 0.0F;
    for (unsigned long i = 0; i < n; ++i) x[i] *= scale;
  }
}

void gelu(float* x, unsigned long count) noexcept {
  unsigned long i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, gelu_of(load(x + i)));
  if (i < count) store_some(x + i, gelu_of(load_some(x + i, count - i, 0)), count - i);
}

// A slice of kTableSlice channels stays in registers while the rows of a token are added; the rows
// of the next token are fetched meanwhile.
void sum_rows(const float* table, const unsigned short* ids, unsigned long tokens,
              unsigned long stride, unsigned long k, float* y, unsigned long ldy) noexcept {
  constexpr unsigned long kSums = kTableSlice / kLanes, kLine = 64 / sizeof(float);
  for (unsigned long t = 0; t < tokens; ++t, ids += stride, y += ldy) {
    const unsigned short* next = t + 1 < tokens ? ids + stride : ids;
    Vec sums[kSums] = {};
    for (unsigned long p = 0; p < k; ++p) {
      const float* row = table + (p * kTableEntries + ids[p]) * kTableSlice;
      const float* later = table + (p * kTableEntries + next[p]) * kTableSlice;
      for (unsigned long c = 0; c < kTableSlice; c += kLine) __builtin_prefetch(later + c);
#pragma GCC unroll 16
      for (unsigned long v = 0; v < kSums; ++v) sums[v] += load(row + v * kLanes);
    }
#pragma GCC unroll 16
    for (unsigned long v = 0; v < kSums; ++v) store(y + v * kLanes, sums[v]);
  }
}
