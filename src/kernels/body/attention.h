// Softmax attention of one head over one window, in strips of a tile's rows of queries whose scores
// stay in the first cache. T is Float32 or Bfloat16: its operands are elements as they are.

constexpr unsigned long kHead = kHeadSize;
static_assert(kHead % kPanel == 0 && kPanel % kWide == 0);

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
  pack_elements<T>(static_cast<const char*>(k), stride, m, kHead, keys);
  pack_transposed<T>(static_cast<const char*>(v), stride, kHead, m, values);
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
