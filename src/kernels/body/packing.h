// Elements laid out anew: as weights of a product, and transposed. T is Float32 or a BF16 type,
// whose operands are elements as they are. Distances between rows are in bytes.

// Block words p of a square of kLanes by kLanes words in rows of `stride` bytes, turned.
inline void store_turned(Vec* block, char* to, unsigned long stride) {
  transpose(block);
  for (unsigned long i = 0; i < kLanes; ++i)
    __builtin_memcpy(to + i * stride, &block[i], sizeof(Vec));
}

// x, n rows of k, as panels of kPanel rows: [n / kPanel][words of k][kPanel], the last one filled
// with zeros. Words of k are a multiple of kLanes.
template <class T>
inline void pack_elements(const char* x, unsigned long ld, unsigned long n, unsigned long k,
                          char* packed) {
  const unsigned long words = words_of<T>(k);
  for (unsigned long panel = 0; panel < n; panel += kPanel, packed += panel_size<T>(k))
    for (unsigned long part = 0; part < kPanel; part += kLanes)
      for (unsigned long p = 0; p < words; p += kLanes) {
        Vec block[kLanes];
        for (unsigned long i = 0; i < kLanes; ++i) {
          const unsigned long row = panel + part + i;
          block[i] = row < n ? as_floats(load_words(x + row * ld + p * kWord)) : Vec{};
        }
        store_turned(block, packed + (p * kPanel + part) * kWord, kPanel * kWord);
      }
}

// Words of kLanes elements from column c on of the kStep rows from row i on; beyond m rows zeros.
template <class T>
inline IntVec words_at(const char* x, unsigned long ld, unsigned long m, unsigned long i,
                       unsigned long c) {
  if (i >= m) return IntVec{};
  const char* from = x + i * ld + c * sizeof(typename T::Element);
  return T::interleaved(from, i + 1 < m ? from + ld : nullptr);
}

// x, k rows of n, as panels of kPanel columns: [n / kPanel][words of k][kPanel], the last words
// filled with zeros. n is a multiple of kPanel.
template <class T>
inline void pack_transposed(const char* x, unsigned long ld, unsigned long n, unsigned long k,
                            char* packed) {
  for (unsigned long panel = 0; panel < n; panel += kPanel)
    for (unsigned long i = 0; i < panel_words<T>(k) * T::kStep; i += T::kStep)
      for (unsigned long c = panel; c < panel + kPanel; c += kLanes, packed += sizeof(IntVec)) {
        const IntVec words = words_at<T>(x, ld, k, i, c);
        __builtin_memcpy(packed, &words, sizeof words);
      }
}

// Bytes of such a row: transposed_size() of the public header, which may not be called here.
template <class T>
constexpr unsigned long turned_size(unsigned long m) {
  return (words_of<T>(m) + kWide - 1) / kWide * kWide * kWord;
}

// y, n rows of m (ldy apart, zeros behind them), from x, m rows of n; both counts up to the next
// multiple of 16 words.
template <class T>
inline void transpose_elements(const char* x, unsigned long ld, unsigned long m, unsigned long n,
                               char* y, unsigned long ldy) {
  for (unsigned long c = 0; c < n; c += kLanes)
    for (unsigned long p = 0; p * kWord < ldy; p += kLanes) {
      Vec block[kLanes];
      for (unsigned long i = 0; i < kLanes; ++i)
        block[i] = as_floats(words_at<T>(x, ld, m, (p + i) * T::kStep, c));
      store_turned(block, y + c * ldy + p * kWord, ldy);
    }
}
