// Gradients of GELU, layer norm and attention, and the moves that make products of a linear
// layer's.

template <class T>
using ElementOf = typename T::Element;

template <class T>
void pack_of(const void* b, unsigned long ld, unsigned long n, unsigned long k,
             void* packed) noexcept {
  pack_elements<T>(static_cast<const char*>(b), ld * sizeof(ElementOf<T>), n, k,
                   static_cast<char*>(packed));
}
template <class T>
void pack_transposed_of(const void* b, unsigned long ld, unsigned long n, unsigned long k,
                        void* packed) noexcept {
  pack_transposed<T>(static_cast<const char*>(b), ld * sizeof(ElementOf<T>), n, k,
                     static_cast<char*>(packed));
}
template <class T>
void transpose_of(const void* x, unsigned long ld, unsigned long m, unsigned long n,
                  void* y) noexcept {
  transpose_elements<T>(static_cast<const char*>(x), ld * sizeof(ElementOf<T>), m, n,
                        static_cast<char*>(y), turned_size<T>(m));
}

// The tail of the normal distribution, 1 - Phi(a), for a >= 0: 2^P(a), 4e-8 absolute, or 1.3e-4.
// Closer than what gelu_of needs: near zero an error here would bias every gradient.
template <bool is_exact>
inline Vec normal_tail(Vec a) {
  Vec p;
  if constexpr (is_exact) {
    p = splat(-2.27612137e-6F);
    p = p * a + 3.29710115e-5F;
    p = p * a - 1.57293172e-4F;
    p = p * a - 2.02443387e-4F;
    p = p * a + 7.14273350e-3F;
    p = p * a - 5.25464003e-2F;
    p = p * a - 4.59193071e-1F;
    p = p * a - 1.15110694F;
    p = p * a - 0.999999959F;
  } else {
    p = splat(-0.000500280213F);
    p = p * a + 0.00728249782F;
    p = p * a - 0.0523434794F;
    p = p * a - 0.459413881F;
    p = p * a - 1.15105211F;
    p = p * a - 1.00000185F;
  }
  return exp2_of<is_exact>(p);
}

template <class T>
void gelu_rows(const void* x, unsigned long ld, unsigned long m, unsigned long n,
               void* y) noexcept {
  const auto* from = static_cast<const ElementOf<T>*>(x);
  auto* to = static_cast<ElementOf<T>*>(y);
  for (unsigned long r = 0; r < m; ++r, from += ld, to += n)
    for (unsigned long i = 0; i < n; i += kLanes)
      store_elements(to + i, gelu_of<T::kIsExact>(load(from + i)));
}

// GELU(x) = x Phi(x), so its derivative is Phi(x) + x phi(x).
template <class T>
void gelu_gradient(const void* x, unsigned long ld, const void* dy, unsigned long m,
                   unsigned long n, void* y, void* dx) noexcept {
  constexpr float kHalfLog2E = 0.72134752F, kDensityAtZero = 0.39894228F;
  const auto *from = static_cast<const ElementOf<T>*>(x),
             *slope = static_cast<const ElementOf<T>*>(dy);
  auto *value = static_cast<ElementOf<T>*>(y), *to = static_cast<ElementOf<T>*>(dx);
  for (unsigned long r = 0; r < m; ++r, from += ld, slope += n, value += n, to += n)
    for (unsigned long i = 0; i < n; i += kLanes) {
      const Vec v = load(from + i), a = absolute(v), tail = normal_tail<T::kIsExact>(a);
      const Vec below = v < 0.0F ? tail : 1.0F - tail;
      const Vec density = kDensityAtZero * exp2_of<T::kIsExact>(v * v * -kHalfLog2E);
      store_elements(value + i, max(v, Vec{}) - a * tail);
      store_elements(to + i, load(slope + i) * (below + v * density));
    }
}

template <class T>
void add_rows(const void* x, unsigned long ld, unsigned long m, unsigned long n,
              float* sums) noexcept {
  constexpr unsigned long kSums = 64 / kLanes;
  const auto* from = static_cast<const ElementOf<T>*>(x);
  for (unsigned long c = 0; c < n; c += 64) {
    Vec sum[kSums];
    for (unsigned long v = 0; v < kSums; ++v) sum[v] = load(sums + c + v * kLanes);
    for (unsigned long r = 0; r < m; ++r)
#pragma GCC unroll 16
      for (unsigned long v = 0; v < kSums; ++v) sum[v] += load(from + r * ld + c + v * kLanes);
    for (unsigned long v = 0; v < kSums; ++v) store(sums + c + v * kLanes, sum[v]);
  }
}

// With h = (x - mean) * scale: dx = scale * (g - mean of g - h * mean of g h), g = dy * weight.
void layer_norm_gradient(const float* x, const float* weight, float eps, const float* dy, float* dx,
                         float* dweight, float* dbias, unsigned long m, unsigned long d) noexcept {
  const float count = static_cast<float>(d);
  for (unsigned long r = 0; r < m; ++r, x += d, dy += d, dx += d) {
    Wide sum = {}, squares = {}, slopes = {}, products = {};
    for (unsigned long i = 0; i < d; i += kWide)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j) {
        sum.part[j] += load(x + i + j * kLanes);
        slopes.part[j] += load(dy + i + j * kLanes) * load(weight + i + j * kLanes);
      }
    const float mean = sum_of(sum) / count, mean_slope = sum_of(slopes) / count;
    for (unsigned long i = 0; i < d; i += kWide)
#pragma GCC unroll 4
      for (unsigned long j = 0; j < kParts; ++j) {
        const unsigned long at = i + j * kLanes;
        const Vec away = load(x + at) - mean;
        squares.part[j] += away * away;
        products.part[j] += away * (load(dy + at) * load(weight + at));
      }
    const float scale = 1.0F / __builtin_sqrtf(sum_of(squares) / count + eps),
                mean_product = sum_of(products) / count * scale;
    for (unsigned long i = 0; i < d; i += kLanes) {
      const Vec h = (load(x + i) - mean) * scale, slope = load(dy + i);
      store(dx + i,
            load(dx + i) + (slope * load(weight + i) - mean_slope - h * mean_product) * scale);
      store(dweight + i, load(dweight + i) + slope * h);
      store(dbias + i, load(dbias + i) + slope);
    }
  }
}

void sum_table_rows(const float* table, const long* places, unsigned long tokens, unsigned long k,
                    float* y, unsigned long d) noexcept {
  for (unsigned long c = 0; c < d; c += kTableSlice)
    for (unsigned long t = 0; t < tokens; ++t)
      sum_slice(
          k,
          [=](unsigned long p) {
            return table + static_cast<unsigned long>(places[t * k + p]) * d + c;
          },
          y + t * d + c);
}

void add_to_table_rows(const float* dy, const long* places, unsigned long tokens, unsigned long k,
                       unsigned long first, unsigned long last, float* dtable,
                       unsigned long d) noexcept {
  constexpr unsigned long kSliceVectors = kTableSlice / kLanes;
  for (unsigned long c = 0; c < d; c += kTableSlice)
    for (unsigned long t = 0; t < tokens; ++t) {
      Vec slopes[kSliceVectors];
#pragma GCC unroll 16
      for (unsigned long v = 0; v < kSliceVectors; ++v)
        slopes[v] = load(dy + t * d + c + v * kLanes);
      for (unsigned long p = first; p < last; ++p) {
        float* row = dtable + static_cast<unsigned long>(places[t * k + p]) * d + c;
#pragma GCC unroll 16
        for (unsigned long v = 0; v < kSliceVectors; ++v)
          store(row + v * kLanes, load(row + v * kLanes) + slopes[v]);
      }
    }
}

// What attention's gradient works in.
template <class T>
struct AttentionGradientMemory {
  unsigned long m, padded;  // keys, and as many as panels hold

  explicit AttentionGradientMemory(unsigned long keys)
      : m(keys), padded((keys + kPanel - 1) / kPanel * kPanel) {}

  static unsigned long rounded(unsigned long bytes) { return (bytes + 63) / 64 * 64; }
  unsigned long by_head() const { return rounded(packed_size<T>(m, kHead)); }
  unsigned long by_key() const { return rounded(packed_size<T>(kHead, m)); }
  unsigned long row() const { return padded * sizeof(ElementOf<T>); }  // of shares, in bytes
  unsigned long shares() const { return rounded(m * row()); }
  unsigned long turned() const { return padded * turned_size<T>(m); }
  unsigned long strip() const { return T::kRows * padded * sizeof(float); }
  unsigned long size() const {
    return 2 * by_head() + by_key() + 2 * shares() + turned() + 2 * strip();
  }
};

template <class T>
unsigned long attention_gradient_scratch(unsigned long m) {
  return AttentionGradientMemory<T>(m).size();
}

// d[shares^T] times rows: to [m, kHead] = factor * (shares [m, m])^T rows [m, kHead].
template <class T>
inline void multiply_turned(const AttentionGradientMemory<T>& memory, const char* shares,
                            const char* rows, unsigned long row_stride, float factor,
                            ElementOf<T>* to, unsigned long ld, char* turned, char* packed) {
  const unsigned long m = memory.m, stride = turned_size<T>(m);
  transpose_elements<T>(shares, memory.row(), m, m, turned, stride);
  pack_transposed<T>(rows, row_stride, kHead, m, packed);
  float factors[T::kRows];
  for (float& f : factors) f = factor;
  for (unsigned long panel = 0; panel < kHead; panel += kPanel)
    for (unsigned long r = 0; r < m;) {
      const unsigned long count = tile_rows<T>(m - r);
      multiply_tile<T, End::kScale>(count, turned + r * stride, stride,
                                    packed + panel / kPanel * panel_size<T>(m), m,
                                    {to + r * ld + panel, ld, kPanel, nullptr, factors});
      r += count;
    }
}

// With the shares p = softmax, dp = dy v^T: ds = p (dp - sum of p dp), dq = ds k / 8, dk = ds^T q /
// 8 (of q before it was scaled, which is q ln(2) * 8), dv = p^T dy.
template <class T>
void attention_gradient(const void* q, const void* k, const void* v, unsigned long ld,
                        const void* dy, unsigned long ldy, unsigned long m, void* dq, void* dk,
                        void* dv, void* scratch) noexcept {
  using Element = ElementOf<T>;
  constexpr float kLn2 = 0.69314718F;
  const AttentionGradientMemory<T> memory(m);
  const unsigned long padded = memory.padded, row = memory.row(), stride = ld * sizeof(Element),
                      slope_stride = ldy * sizeof(Element);
  const auto *queries = static_cast<const char*>(q), *keys = static_cast<const char*>(k),
             *slopes = static_cast<const char*>(dy);
  char* packed_keys = static_cast<char*>(scratch);
  char* packed_values = packed_keys + memory.by_head();
  char* by_key = packed_values + memory.by_head();
  char* shares = by_key + memory.by_key();
  char* share_slopes = shares + memory.shares();
  char* turned = share_slopes + memory.shares();
  auto* scores = reinterpret_cast<float*>(turned + memory.turned());
  float* score_slopes = scores + T::kRows * padded;
  pack_elements<T>(keys, stride, m, kHead, packed_keys);
  pack_elements<T>(static_cast<const char*>(v), stride, m, kHead, packed_values);
  pack_transposed<T>(keys, stride, kHead, m, by_key);
  float eighths[T::kRows];
  for (float& f : eighths) f = 0.125F;
  [[maybe_unused]] const typename T::Hold hold;
  for (unsigned long r = 0; r < m;) {
    const unsigned long rows = tile_rows<T>(m - r);
    for (unsigned long panel = 0; panel < padded; panel += kPanel) {
      const unsigned long at = panel / kPanel * panel_size<T>(kHead);
      multiply_tile<T, End::kStore>(rows, queries + r * stride, stride, packed_keys + at, kHead,
                                    {scores + panel, padded, kPanel, nullptr, nullptr});
      multiply_tile<T, End::kStore>(rows, slopes + r * slope_stride, slope_stride,
                                    packed_values + at, kHead,
                                    {score_slopes + panel, padded, kPanel, nullptr, nullptr});
    }
    float sums[T::kRows];
    unsigned long i = 0;
    for (; i + 4 <= rows; i += 4) powers<T, 4>(scores + i * padded, padded, m, sums + i);
    for (; i < rows; ++i) powers<T, 1>(scores + i * padded, padded, m, sums + i);
    for (i = 0; i < rows; ++i) {
      const auto* power = reinterpret_cast<const Element*>(scores + i * padded);
      const float* slope = score_slopes + i * padded;
      auto *share = reinterpret_cast<Element*>(shares + (r + i) * row),
           *to = reinterpret_cast<Element*>(share_slopes + (r + i) * row);
      const float scale = 1.0F / sums[i];
      Wide total = {};
      for (unsigned long c = 0; c < m; c += kWide)
#pragma GCC unroll 4
        for (unsigned long j = 0; j < kParts; ++j)
          total.part[j] += load(power + c + j * kLanes) * load(slope + c + j * kLanes);
      const float mean = sum_of(total) * scale;
      for (unsigned long c = 0; c < m; c += kLanes) {
        const Vec p = load(power + c) * scale;
        store_elements(share + c, p);
        store_elements(to + c, p * (load(slope + c) - mean));
      }
    }
    for (unsigned long panel = 0; panel < kHead; panel += kPanel)
      multiply_tile<T, End::kScale>(
          rows, share_slopes + r * row, row, by_key + panel / kPanel * panel_size<T>(m), m,
          {static_cast<Element*>(dq) + r * ld + panel, ld, kPanel, nullptr, eighths});
    r += rows;
  }
  multiply_turned<T>(memory, share_slopes, queries, stride, kLn2, static_cast<Element*>(dk), ld,
                     turned, by_key);
  multiply_turned<T>(memory, shares, slopes, slope_stride, 1, static_cast<Element*>(dv), ld, turned,
                     by_key);
}

template <class T>
constexpr Gradients gradients() {
  return {pack_of<T>,
          pack_transposed_of<T>,
          transpose_of<T>,
          gelu_rows<T>,
          gelu_gradient<T>,
          add_rows<T>,
          attention_gradient_scratch<T>,
          attention_gradient<T>};
}
