// Functions of whole rows: layer norm, softmax, GELU, sums of table rows.

// Rows rows at once: one row alone would wait for its own sums.
template <unsigned long Rows>
inline void norm_rows(const float* x, const float* weight, const float* bias, float eps, float* y,
                      unsigned long d) {
  Wide sums[Rows] = {}, squares[Rows] = {};
  float mean[Rows], scale[Rows];
  for (unsigned long i = 0; i < d; i += kWide)
#pragma GCC unroll 8
    for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j)
        sums[r].part[j] += load(x + r * d + i + j * kLanes);
#pragma GCC unroll 8
  for (unsigned long r = 0; r < Rows; ++r) mean[r] = sum_of(sums[r]) / static_cast<float>(d);
  for (unsigned long i = 0; i < d; i += kWide)
#pragma GCC unroll 8
    for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j) {
        const Vec away = load(x + r * d + i + j * kLanes) - mean[r];
        squares[r].part[j] += away * away;
      }
#pragma GCC unroll 8
  for (unsigned long r = 0; r < Rows; ++r)
    scale[r] = 1.0F / __builtin_sqrtf(sum_of(squares[r]) / static_cast<float>(d) + eps);
  for (unsigned long i = 0; i < d; i += kLanes)
#pragma GCC unroll 8
    for (unsigned long r = 0; r < Rows; ++r)
      store(y + r * d + i,
            (load(x + r * d + i) - mean[r]) * scale[r] * load(weight + i) + load(bias + i));
}

void layer_norm(const float* x, const float* weight, const float* bias, float eps, float* y,
                unsigned long m, unsigned long d) noexcept {
  constexpr unsigned long kAtOnce = kLanes == 16 ? 8 : 4;  // as many as have registers
  unsigned long r = 0;
  for (; r + kAtOnce <= m; r += kAtOnce)
    norm_rows<kAtOnce>(x + r * d, weight, bias, eps, y + r * d, d);
  for (; r < m; ++r) norm_rows<1>(x + r * d, weight, bias, eps, y + r * d, d);
}

// Below any score that is finite: its power is zero.
constexpr float kLowest = -1e30F;

// Rows rows of x [Rows, n] (ld apart), each in its place, become elements of 2^(x - max); `sums`
// are those of the rows. What lies behind a row up to a multiple of 16 is overwritten, with zeros
// behind its elements. Several rows at once do not wait for each other's sums.
template <class T, unsigned long Rows>
inline void powers(float* x, unsigned long ld, unsigned long n, float* sums) {
  Wide most[Rows], total[Rows] = {};
  for (unsigned long r = 0; r < Rows; ++r) {
    for (unsigned long i = n; i % kWide != 0; ++i) x[r * ld + i] = kLowest;
    for (Vec& part : most[r].part) part = splat(kLowest);
  }
  for (unsigned long i = 0; i < n; i += kWide)
#pragma GCC unroll 4
    for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j)
        most[r].part[j] = max(load(x + r * ld + i + j * kLanes), most[r].part[j]);
#pragma GCC unroll 4
  for (unsigned long r = 0; r < Rows; ++r) {
    const Vec largest = splat(max_of(most[r]));
    for (Vec& part : most[r].part) part = largest;
  }
  for (unsigned long i = 0; i < n; i += kWide)
#pragma GCC unroll 4
    for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j) {
        const unsigned long at = i + j * kLanes;
        const Vec power = exp2_of<T::kIsExact>(load(x + r * ld + at) - most[r].part[j]);
        total[r].part[j] += power;
        store_elements(reinterpret_cast<typename T::Element*>(x + r * ld) + at, power);
      }
#pragma GCC unroll 4
  for (unsigned long r = 0; r < Rows; ++r) sums[r] = sum_of(total[r]);
}

// Masked entries are -inf: they become the least power, which counts as zero.
void softmax(float* x, unsigned long ld, unsigned long m, unsigned long n) noexcept {
  constexpr float kLog2E = 1.44269504F;
  for (unsigned long r = 0; r < m; ++r, x += ld) {
    bool is_masked = true;
    for (unsigned long i = 0; i < n; ++i) {
      const bool is_finite = x[i] > -__builtin_inff();
      is_masked = is_masked && !is_finite;
      x[i] = is_finite ? x[i] * kLog2E : kLowest;
    }
    float sum;
    powers<Float32, 1>(x, ld, n, &sum);
    const float scale = is_masked ? 0.0F : 1.0F / sum;
    for (unsigned long i = 0; i < n; ++i) x[i] = x[i] > 0x1p-125F ? x[i] * scale : 0.0F;
  }
}

void gelu(float* x, unsigned long count) noexcept {
  unsigned long i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, gelu_of<true>(load(x + i)));
  if (i < count) store_some(x + i, gelu_of<true>(load_some(x + i, count - i, 0)), count - i);
}

// y [kTableSlice]: the sum over p < k in order of row_of(p), whose channels stay in registers.
template <class RowOf>
inline void sum_slice(unsigned long k, RowOf row_of, float* y) {
  constexpr unsigned long kSums = kTableSlice / kLanes;
  Vec sums[kSums] = {};
  for (unsigned long p = 0; p < k; ++p) {
    const float* row = row_of(p);
#pragma GCC unroll 16
    for (unsigned long v = 0; v < kSums; ++v) sums[v] += load(row + v * kLanes);
  }
#pragma GCC unroll 16
  for (unsigned long v = 0; v < kSums; ++v) store(y + v * kLanes, sums[v]);
}

// Where there are tokens enough to use most rows, the slice is fetched in order first: it has left
// the caches while layers ran, and its rows one by one would take twice as long.
void sum_rows(const float* table, const unsigned short* ids, unsigned long tokens,
              unsigned long stride, unsigned long k, float* y, unsigned long ldy) noexcept {
  constexpr unsigned long kLine = 64 / sizeof(float);
  if (tokens > kTableEntries)
    for (unsigned long i = 0; i < k * kTableEntries * kTableSlice; i += kLine)
      __builtin_prefetch(table + i);
  for (unsigned long t = 0; t < tokens; ++t, ids += stride, y += ldy)
    sum_slice(
        k, [=](unsigned long p) { return table + (p * kTableEntries + ids[p]) * kTableSlice; }, y);
}
