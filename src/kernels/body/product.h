// C = A B^T, B in panels that stay in the first cache while the rows of A run past them.

constexpr unsigned long kVectors = BF_COLUMNS;       // of a tile's row
constexpr unsigned long kPanel = kVectors * kLanes;  // columns of a tile
constexpr unsigned long kRows = BF_ROWS;  // its rows: kRows x kVectors sums fill the registers

unsigned long packed_size(unsigned long n, unsigned long k) {
  return (n + kPanel - 1) / kPanel * kPanel * k;
}

// Panels of kPanel columns: [n / kPanel][k][kPanel], the last one filled with zeros.
void pack(const float* b, unsigned long row_stride, unsigned long column_stride, unsigned long n,
          unsigned long k, float* packed) {
  for (unsigned long panel = 0; panel < n; panel += kPanel)
    for (unsigned long p = 0; p < k; ++p)
      for (unsigned long i = panel; i < panel + kPanel; ++i)
        *packed++ = i < n ? b[i * row_stride + p * column_stride] : 0.0F;
}

// What becomes of a tile's sums x: C = x + bias, C += x + bias, C = GELU(x + bias), or
// C = x * scale[row].
enum class End { kStore, kAdd, kGelu, kScale };

template <End end>
inline Vec ended(Vec x, Vec before) {
  if constexpr (end == End::kAdd) return before + x;
  if constexpr (end == End::kGelu) return gelu_of(x);
  return x;
}

// One tile: Rows rows of A against one panel, accumulated over k in order. `by_column` is the bias
// (or null), for End::kScale `by_row` the factors.
template <unsigned long Rows, End end>
inline void tile(const float* a, unsigned long lda, const float* panel, const float* by_column,
                 const float* by_row, float* c, unsigned long ldc, unsigned long columns,
                 unsigned long k) {
  Vec sums[Rows][kVectors];
#pragma GCC unroll 16
  for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (unsigned long v = 0; v < kVectors; ++v) sums[r][v] = Vec{};
  for (unsigned long p = 0; p < k; ++p) {
    Vec b[kVectors];
#pragma GCC unroll 4
    for (unsigned long v = 0; v < kVectors; ++v) b[v] = load(panel + p * kPanel + v * kLanes);
#pragma GCC unroll 16
    for (unsigned long r = 0; r < Rows; ++r) {
      const float value = a[r * lda + p];
#pragma GCC unroll 4
      for (unsigned long v = 0; v < kVectors; ++v) sums[r][v] += value * b[v];
    }
  }
#pragma GCC unroll 4
  for (unsigned long v = 0; v < kVectors; ++v) {
    const unsigned long begin = v * kLanes, count = columns >= begin + kLanes ? kLanes
                                                    : columns > begin         ? columns - begin
                                                                              : 0;
    if (count == 0) break;
    Vec bias{};
    if (by_column != nullptr)
      bias = count == kLanes ? load(by_column + begin) : load_some(by_column + begin, count, 0);
#pragma GCC unroll 16
    for (unsigned long r = 0; r < Rows; ++r) {
      float* to = c + r * ldc + begin;
      Vec x = sums[r][v] + bias;
      if constexpr (end == End::kScale) x = sums[r][v] * by_row[r];
      if (count == kLanes)
        store(to, ended<end>(x, load(to)));
      else
        store_some(to, ended<end>(x, load_some(to, count, 0)), count);
    }
  }
}

// Rows of the next tile where `left` are left. The last two are about equal: a tile of few rows
// would wait for its own sums.
inline unsigned long tile_rows(unsigned long left) {
  if (left >= 2 * kRows || left == kRows) return kRows;
  return left > kRows ? (left + 1) / 2 : left;
}

template <End end, unsigned long Rows = kRows>
inline void tile_of(unsigned long rows, const float* a, unsigned long lda, const float* panel,
                    const float* by_column, const float* by_row, float* c, unsigned long ldc,
                    unsigned long columns, unsigned long k) {
  if (rows == Rows)
    tile<Rows, end>(a, lda, panel, by_column, by_row, c, ldc, columns, k);
  else if constexpr (Rows > 1)
    tile_of<end, Rows - 1>(rows, a, lda, panel, by_column, by_row, c, ldc, columns, k);
}

// Fetches a part of the panel that comes next, so that its first tile does not wait for memory:
// tile `number` of `tiles` takes its share of the lines.
inline void fetch_ahead(const float* panel, unsigned long floats, unsigned long number,
                        unsigned long tiles) {
  constexpr unsigned long kLine = 64 / sizeof(float);
  const unsigned long share = (floats / kLine + tiles - 1) / tiles * kLine;
  const unsigned long begin = number * share, end = begin + share < floats ? begin + share : floats;
  for (unsigned long i = begin; i < end; i += kLine) __builtin_prefetch(panel + i);
}

template <End end>
void product_ending(const float* a, unsigned long lda, const float* packed, const float* bias,
                    float* c, unsigned long ldc, unsigned long m, unsigned long n,
                    unsigned long k) {
  const unsigned long tiles = (m + kRows - 1) / kRows;
  for (unsigned long panel = 0; panel < n; panel += kPanel) {
    const float* b = packed + panel * k;
    const float* by_column = bias == nullptr ? nullptr : bias + panel;
    const unsigned long columns = n - panel < kPanel ? n - panel : kPanel;
    for (unsigned long r = 0, number = 0; r < m; ++number) {
      const unsigned long rows = tile_rows(m - r);
      fetch_ahead(b + kPanel * k, kPanel * k, number, tiles);
      tile_of<end>(rows, a + r * lda, lda, b, by_column, nullptr, c + r * ldc + panel, ldc, columns,
                   k);
      r += rows;
    }
  }
}

void product(const float* a, unsigned long lda, const float* packed, const float* bias, float* c,
             unsigned long ldc, unsigned long m, unsigned long n, unsigned long k,
             Epilogue epilogue) noexcept {
  switch (epilogue) {
    case Epilogue::kStore:
      return product_ending<End::kStore>(a, lda, packed, bias, c, ldc, m, n, k);
    case Epilogue::kAdd:
      return product_ending<End::kAdd>(a, lda, packed, bias, c, ldc, m, n, k);
    case Epilogue::kGelu:
      return product_ending<End::kGelu>(a, lda, packed, bias, c, ldc, m, n, k);
  }
}
