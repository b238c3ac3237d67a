// Softmax attention of one head over one window, in strips of kRows queries whose scores stay in
// the first cache.

constexpr unsigned long kHead = kHeadSize;
static_assert(kHead % kPanel == 0 && kPanel % kWide == 0);

// k [m, kHead] as panels of kPanel keys: [m / kPanel][kHead][kPanel], the last one filled with
// zeros.
inline void pack_keys(const float* k, unsigned long ld, unsigned long m, float* packed) {
  for (unsigned long panel = 0; panel < m; panel += kPanel, packed += kHead * kPanel)
    for (unsigned long half = 0; half < kPanel; half += kLanes)
      for (unsigned long p = 0; p < kHead; p += kLanes) {
        Vec block[kLanes];
        for (unsigned long i = 0; i < kLanes; ++i) {
          const unsigned long key = panel + half + i;
          block[i] = key < m ? load(k + key * ld + p) : Vec{};
        }
        transpose(block);
        for (unsigned long i = 0; i < kLanes; ++i)
          store(packed + (p + i) * kPanel + half, block[i]);
      }
}

// v [m, kHead] as panels of kPanel channels: [kHead / kPanel][m][kPanel].
inline void pack_values(const float* v, unsigned long ld, unsigned long m, float* packed) {
  for (unsigned long panel = 0; panel < kHead; panel += kPanel)
    for (unsigned long i = 0; i < m; ++i, packed += kPanel) {
      for (unsigned long c = 0; c < kPanel; c += kLanes)
        store(packed + c, load(v + i * ld + panel + c));
    }
}

unsigned long attention_scratch(unsigned long m) {
  const unsigned long padded = (m + kPanel - 1) / kPanel * kPanel;
  return padded * kHead + m * kHead + kRows * padded;
}

void attention(const float* q, const float* k, const float* v, unsigned long ld,
               unsigned long queries, unsigned long m, float* out, unsigned long ldo,
               float* scratch) noexcept {
  const unsigned long padded = (m + kPanel - 1) / kPanel * kPanel;
  float *keys = scratch, *values = keys + padded * kHead, *scores = values + m * kHead;
  pack_keys(k, ld, m, keys);
  pack_values(v, ld, m, values);
  for (unsigned long r = 0; r < queries;) {
    const unsigned long rows = tile_rows(queries - r);
    for (unsigned long panel = 0; panel < padded; panel += kPanel)
      tile_of<End::kStore>(rows, q + r * ld, ld, keys + panel * kHead, nullptr, nullptr,
                           scores + panel, padded, kPanel, kHead);
    float scale[kRows];
    for (unsigned long i = 0; i < rows; ++i) scale[i] = 1.0F / powers(scores + i * padded, m, 1.0F);
    for (unsigned long panel = 0; panel < kHead; panel += kPanel)
      tile_of<End::kScale>(rows, scores, padded, values + panel * m, nullptr, scale,
                           out + r * ldo + panel, ldo, kPanel, m);
    r += rows;
  }
}
