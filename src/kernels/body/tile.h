// A tile of C = A B^T: a few rows of A times one panel of B, which stays in the first cache while
// the rows run past it. One shape for all precisions that multiply in vectors.

template <class T>
constexpr unsigned long words_of(unsigned long k) {
  return (k + T::kStep - 1) / T::kStep;
}
template <class T>
constexpr unsigned long panel_words(unsigned long k) {  // from words_of(k) on they are zeros
  return (words_of<T>(k) + T::kBlock - 1) / T::kBlock * T::kBlock;
}
template <class T>
constexpr unsigned long panel_size(unsigned long k) {  // bytes
  return panel_words<T>(k) * kPanel * kWord + T::kTail;
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

// The part of C that belongs to a tile: at c, rows ldc apart, so many columns of the panel.
// `by_column` is the bias (or null), for End::kScale `by_row` the factors.
template <class T, End end>
struct Target {
  Output<T, end>* c;
  unsigned long ldc, columns;
  const float *by_column, *by_row;

  // value(r, v) is the tile's sum of row r, vector v. Inlined at all costs: a call for each vector
  // takes 2 % of a pass in BF16, 4 in int8.
  template <class Value>
  [[gnu::always_inline]] void put_all(unsigned long rows, Value value) const {
#pragma GCC unroll 4
    for (unsigned long v = 0; v < kVectors; ++v)
      if (columns == kPanel) {
        const Vec bias = by_column == nullptr ? Vec{} : load(by_column + v * kLanes);
#pragma GCC unroll 16
        for (unsigned long r = 0; r < rows; ++r) put(value(r, v), r, v, bias);
      } else if (const unsigned long count = some(v)) {
        const Vec bias = by_column == nullptr ? Vec{} : load_some(by_column + v * kLanes, count, 0);
#pragma GCC unroll 16
        for (unsigned long r = 0; r < rows; ++r) put_some(value(r, v), r, v, bias, count);
      }
  }

 private:
  unsigned long some(unsigned long v) const {  // columns of vector v, where the panel is not whole
    const unsigned long begin = v * kLanes;
    return columns >= begin + kLanes ? kLanes : columns > begin ? columns - begin : 0;
  }
  [[gnu::always_inline]] void put(Vec x, unsigned long r, unsigned long v, Vec bias) const {
    Output<T, end>* to = c + r * ldc + v * kLanes;
    x = ended<T, end>(x, bias, end == End::kScale ? by_row[r] : 0);
    if constexpr (end == End::kAdd) x = load(to) + x;
    store_elements(to, x);
  }
  [[gnu::noinline]] void put_some(Vec x, unsigned long r, unsigned long v, Vec bias,
                                  unsigned long count) const {
    Output<T, end>* to = c + r * ldc + v * kLanes;
    x = ended<T, end>(x, bias, end == End::kScale ? by_row[r] : 0);
    if constexpr (end == End::kAdd) x = load_some(to, count, 0) + x;
    store_some_elements(to, x, count);
  }
};

// One tile: Rows rows of A (lda bytes apart) against one panel, accumulated over k in order.
template <InVectors T, unsigned long Rows, End end>
inline void tile(const char* a, unsigned long lda, const char* panel, unsigned long k,
                 const Target<T, end>& target) {
  const unsigned long words = words_of<T>(k);
  const char* tail = panel + words * kPanel * kWord;
  typename T::Sum sums[Rows][kVectors];
#pragma GCC unroll 16
  for (unsigned long r = 0; r < Rows; ++r)
#pragma GCC unroll 4
    for (unsigned long v = 0; v < kVectors; ++v) sums[r][v] = T::first(tail, v);
  // A pointer to every third row, from which an x86 instruction reaches the two behind it: to keep
  // the distance of each row, as g++ would, takes more registers than there are.
  constexpr unsigned long kReach = 3, kPointers = (Rows + kReach - 1) / kReach;
  const char* row[kPointers];
  for (unsigned long i = 0; i < kPointers; ++i) row[i] = a + i * kReach * lda;
  for (unsigned long p = 0; p < words; ++p) {
    IntVec b[kVectors];
#pragma GCC unroll 4
    for (unsigned long v = 0; v < kVectors; ++v)
      b[v] = load_words(panel + (p * kPanel + v * kLanes) * kWord);
#pragma GCC unroll 16
    for (unsigned long r = 0; r < Rows; ++r) {
      const int word = load_word(row[r / kReach] + r % kReach * lda);
#pragma GCC unroll 4
      for (unsigned long v = 0; v < kVectors; ++v) sums[r][v] = T::mac(sums[r][v], word, b[v]);
    }
#pragma GCC unroll 6
    for (const char*& pointer : row) {
      pointer += kWord;
      __asm__("" : "+r"(pointer));
    }
  }
  target.put_all(Rows, [&](unsigned long r, unsigned long v) {
    return T::value(sums[r][v], tail, v, a + r * lda + words * kWord);
  });
}

// Rows of the next tile where `left` are left. The last two are about equal: a tile of few rows
// would wait for its own sums.
template <InVectors T>
inline unsigned long tile_rows(unsigned long left) {
  if (left >= 2 * T::kRows || left == T::kRows) return T::kRows;
  return left > T::kRows ? (left + 1) / 2 : left;
}

template <InVectors T, End end, unsigned long Rows = T::kRows>
inline void multiply_tile(unsigned long rows, const char* a, unsigned long lda, const char* panel,
                          unsigned long k, const Target<T, end>& target) {
  if (rows == Rows)
    tile<T, Rows, end>(a, lda, panel, k, target);
  else if constexpr (Rows > 1)
    multiply_tile<T, end, Rows - 1>(rows, a, lda, panel, k, target);
}
