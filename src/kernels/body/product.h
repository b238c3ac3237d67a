// C = A B^T, B in panels that stay in the first cache while the rows of A run past them. One shape
// for all precisions.

constexpr unsigned long kVectors = BF_COLUMNS;       // of a tile's row
constexpr unsigned long kPanel = kVectors * kLanes;  // columns of a tile
constexpr unsigned long kRows = BF_ROWS;  // its rows: kRows x kVectors sums fill the registers
constexpr unsigned long kWord = 4;        // bytes

template <class T>
constexpr unsigned long words_of(unsigned long k) {
  return (k + T::kStep - 1) / T::kStep;
}
template <class T>
constexpr unsigned long panel_size(unsigned long k) {  // bytes
  return words_of<T>(k) * kPanel * kWord + T::kTail;
}
template <class T>
unsigned long packed_size(unsigned long n, unsigned long k) {
  return (n + kPanel - 1) / kPanel * panel_size<T>(k);
}

// What becomes of a tile's sums x: C = x + bias, C += x + bias, C = elements of x + bias, of
// GELU(x + bias), or of x * factor[row].
enum class End { kStore, kAdd, kElements, kGelu, kScale };

template <class T, End end>
using Output = typename std::conditional<end == End::kStore || end == End::kAdd, float,
                                         typename T::Element>::type;

template <class T, End end>
inline Vec ended(Vec x, Vec bias, float factor) {
  if constexpr (end == End::kScale) return x * factor;
  if constexpr (end == End::kGelu) return gelu_of<T::kIsExact>(x + bias);
  return x + bias;
}

// One tile: Rows rows of A against one panel, accumulated over k in order. `by_column` is the bias
// (or null), for End::kScale `by_row` the factors.
template <class T, unsigned long Rows, End end>
inline void tile(const char* a, unsigned long lda, const char* panel, const float* by_column,
                 const float* by_row, Output<T, end>* c, unsigned long ldc, unsigned long columns,
                 unsigned long k) {
  const unsigned long words = words_of<T>(k);
  const char* tail = panel + words * kPanel * kWord;
  typename T::Sum sums[Rows][kVectors];
#pragma GCC unroll 16
  for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (unsigned long v = 0; v < kVectors; ++v) sums[r][v] = T::first(tail, v);
  for (unsigned long p = 0; p < words; ++p) {
    IntVec b[kVectors];
#pragma GCC unroll 4
    for (unsigned long v = 0; v < kVectors; ++v)
      b[v] = load_words(panel + (p * kPanel + v * kLanes) * kWord);
#pragma GCC unroll 16
    for (unsigned long r = 0; r < Rows; ++r) {
      const int word = load_word(a + r * lda + p * kWord);
#pragma GCC unroll 4
      for (unsigned long v = 0; v < kVectors; ++v) sums[r][v] = T::mac(sums[r][v], word, b[v]);
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
      Output<T, end>* to = c + r * ldc + begin;
      Vec x = ended<T, end>(T::value(sums[r][v], tail, v, a + r * lda + words * kWord), bias,
                            end == End::kScale ? by_row[r] : 0);
      if (count == kLanes) {
        if constexpr (end == End::kAdd) x = load(to) + x;
        store_elements(to, x);
      } else {
        if constexpr (end == End::kAdd) x = load_some(to, count, 0) + x;
        store_some_elements(to, x, count);
      }
    }
  }
}

// Rows of the next tile where `left` are left. The last two are about equal: a tile of few rows
// would wait for its own sums.
inline unsigned long tile_rows(unsigned long left) {
  if (left >= 2 * kRows || left == kRows) return kRows;
  return left > kRows ? (left + 1) / 2 : left;
}

template <class T, End end, unsigned long Rows = kRows>
inline void tile_of(unsigned long rows, const char* a, unsigned long lda, const char* panel,
                    const float* by_column, const float* by_row, Output<T, end>* c,
                    unsigned long ldc, unsigned long columns, unsigned long k) {
  if (rows == Rows)
    tile<T, Rows, end>(a, lda, panel, by_column, by_row, c, ldc, columns, k);
  else if constexpr (Rows > 1)
    tile_of<T, end, Rows - 1>(rows, a, lda, panel, by_column, by_row, c, ldc, columns, k);
}

template <class T, End end>
void product_ending(const char* a, unsigned long lda, const char* packed, const float* bias,
                    void* to, unsigned long ldc, unsigned long m, unsigned long n,
                    unsigned long k) {
  for (unsigned long panel = 0; panel < n; panel += kPanel, packed += panel_size<T>(k)) {
    Output<T, end>* c = static_cast<Output<T, end>*>(to) + panel;
    const float* by_column = bias == nullptr ? nullptr : bias + panel;
    const unsigned long columns = n - panel < kPanel ? n - panel : kPanel;
    for (unsigned long r = 0; r < m;) {
      const unsigned long rows = tile_rows(m - r);
      tile_of<T, end>(rows, a + r * lda, lda, packed, by_column, nullptr, c + r * ldc, ldc, columns,
                      k);
      r += rows;
    }
  }
}

template <class T>
void product(const void* a, unsigned long lda, const void* packed, const float* bias, void* c,
             unsigned long ldc, unsigned long m, unsigned long n, unsigned long k,
             Epilogue epilogue) noexcept {
  const char *rows = static_cast<const char*>(a), *panels = static_cast<const char*>(packed);
  switch (epilogue) {
    case Epilogue::kStore:
      return product_ending<T, End::kStore>(rows, lda, panels, bias, c, ldc, m, n, k);
    case Epilogue::kAdd:
      return product_ending<T, End::kAdd>(rows, lda, panels, bias, c, ldc, m, n, k);
    case Epilogue::kElements:
      return product_ending<T, End::kElements>(rows, lda, panels, bias, c, ldc, m, n, k);
    case Epilogue::kGelu:
      return product_ending<T, End::kGelu>(rows, lda, panels, bias, c, ldc, m, n, k);
  }
}

// Panels of kPanel columns: [n / kPanel][words][kPanel][kStep], the last one filled with zeros.
template <class T>
void pack(const float* b, unsigned long row_stride, unsigned long column_stride, unsigned long n,
          unsigned long k, void* packed) noexcept {
  auto* to = static_cast<typename T::Element*>(packed);
  for (unsigned long panel = 0; panel < n; panel += kPanel)
    for (unsigned long p = 0; p < words_of<T>(k) * T::kStep; p += T::kStep)
      for (unsigned long i = panel; i < panel + kPanel; ++i)
        for (unsigned long s = p; s < p + T::kStep; ++s)
          *to++ = T::element(i < n && s < k ? b[i * row_stride + s * column_stride] : 0.0F);
}
