// Softmax attention of one head over one window, in strips of a tile's rows of queries whose scores
// stay in the first cache. T is Float32 or Bfloat16: its operands are elements as they are.

constexpr unsigned long kHead = kHeadSize;
static_assert(kHead % kPanel == 0 && kPanel % kWide == 0);

// k [m, kHead] as panels of kPanel keys: [m / kPanel][words of kHead][kPanel], the last one filled
// with zeros. ld in bytes.
template <class T>
inline void pack_keys(const char* k, unsigned long ld, unsigned long m, char* packed) {
  constexpr unsigned long kWords = words_of<T>(kHead);
  for (unsigned long panel = 0; panel < m; panel += kPanel, packed += panel_size<T>(kHead))
    for (unsigned long part = 0; part < kPanel; part += kLanes)
      for (unsigned long p = 0; p < kWords; p += kLanes) {
        Vec block[kLanes];
        for (unsigned long i = 0; i < kLanes; ++i) {
          const unsigned long key = panel + part + i;
          block[i] = key < m ? as_floats(load_words(k + key * ld + p * kWord)) : Vec{};
        }
        transpose(block);
        for (unsigned long i = 0; i < kLanes; ++i)
          __builtin_memcpy(packed + ((p + i) * kPanel + part) * kWord, &block[i], sizeof(Vec));
      }
}

// v [m, kHead] as panels of kPanel channels: [kHead / kPanel][words of m][kPanel], the last words
// filled with zeros.
template <class T>
inline void pack_values(const char* v, unsigned long ld, unsigned long m, char* packed) {
  using Element = typename T::Element;
  for (unsigned long panel = 0; panel < kHead; panel += kPanel)
    for (unsigned long i = 0; i < panel_words<T>(m) * T::kStep; i += T::kStep)
      for (unsigned long c = panel; c < panel + kPanel; c += kLanes, packed += sizeof(IntVec)) {
        const char* from = v + i * ld + c * sizeof(Element);
        IntVec words = {};
        if (i < m) words = T::interleaved(from, i + 1 < m ? from + ld : nullptr);
        __builtin_memcpy(packed, &words, sizeof words);
      }
}

template <class T>
unsigned long attention_scratch(unsigned long m) {
  return packed_size<T>(m, kHead) + packed_size<T>(kHead, m) +
         T::kRows * ((m + kPanel - 1) / kPanel * kPanel) * sizeof(float);
}

template <class T>
void attention(const void* q, const void* k, const void* v, unsigned long ld, unsigned long queries,
               unsigned long m, void* out, unsigned long ldo, void* scratch) noexcept {
  using Element = typename T::Element;
  const unsigned long padded = (m + kPanel - 1) / kPanel * kPanel, stride = ld * sizeof(Element);
  char *keys = static_cast<char*>(scratch), *values = keys + packed_size<T>(m, kHead);
  auto* scores = reinterpret_cast<float*>(values + packed_size<T>(kHead, m));
  pack_keys<T>(static_cast<const char*>(k), stride, m, keys);
  pack_values<T>(static_cast<const char*>(v), stride, m, values);
  [[maybe_unused]] const typename T::Hold hold;
  for (unsigned long r = 0; r < queries;) {
    const unsigned long rows = tile_rows<T>(queries - r);
    for (unsigned long panel = 0; panel < padded; panel += kPanel)
      multiply_tile<T, End::kStore>(rows, static_cast<const char*>(q) + r * stride, stride,
                                    keys + panel / kPanel * panel_size<T>(kHead), kHead,
                                    {scores + panel, padded, kPanel, nullptr, nullptr});
    float scale[T::kRows];
    unsigned long i = 0;
    for (; i + 4 <= rows; i += 4) powers<T, 4>(scores + i * padded, padded, m, scale + i);
    for (; i < rows; ++i) powers<T, 1>(scores + i * padded, padded, m, scale + i);
    for (i = 0; i < rows; ++i) scale[i] = 1.0F / scale[i];
    for (unsigned long panel = 0; panel < kHead; panel += kPanel)
      multiply_tile<T, End::kScale>(
          rows, reinterpret_cast<const char*>(scores), padded * sizeof(float),
          values + panel / kPanel * panel_size<T>(m), m,
          {static_cast<Element*>(out) + r * ldo + panel, ldo, kPanel, nullptr, scale});
    r += rows;
  }
}
