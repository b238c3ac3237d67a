// The fast bodies, written once with the compiler's vector extensions and compiled for each set of
// instructions: the file of a set defines BF_SET (a namespace), BF_NAME, BF_VECTOR (bytes of a
// vector), BF_ROWS (of a tile) and BF_SUPPORTED, then includes this.
//
// Only raw pointers and builtins here: an inline function of another header, compiled with wider
// instructions, could be the copy that the linker keeps for everybody.

namespace byteformer::kernels::BF_SET {
namespace {

typedef float Vec __attribute__((vector_size(BF_VECTOR)));
typedef int IntVec __attribute__((vector_size(BF_VECTOR)));

constexpr unsigned long kLanes = BF_VECTOR / sizeof(float);
constexpr unsigned long kPanel =
    2 * kLanes;  // columns of a tile: BF_ROWS x 2 accumulators fill the registers
constexpr unsigned long kRows = BF_ROWS;

inline Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Vec v) { __builtin_memcpy(p, &v, sizeof v); }
inline Vec splat(float x) { return x - Vec{}; }
inline Vec max(Vec a, Vec b) { return a > b ? a : b; }

// The first `count` lanes from memory, the rest `fill`; and back.
inline Vec load_some(const float* p, unsigned long count, float fill) {
  float lanes[kLanes];
  for (unsigned long i = 0; i < kLanes; ++i) lanes[i] = i < count ? p[i] : fill;
  return load(lanes);
}
inline void store_some(float* p, Vec v, unsigned long count) {
  float lanes[kLanes];
  store(lanes, v);
  for (unsigned long i = 0; i < count; ++i) p[i] = lanes[i];
}

inline float sum_of(Vec v) {
  float lanes[kLanes], sum = 0;
  store(lanes, v);
  for (unsigned long i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

inline float max_of(Vec v) {
  float lanes[kLanes];
  store(lanes, v);
  float most = lanes[0];
  for (unsigned long i = 1; i < kLanes; ++i) most = most < lanes[i] ? lanes[i] : most;
  return most;
}

// 2^y for y <= 0, relative error 2e-7; below 2^-126 zero. Round to the nearest whole number, a
// polynomial for the rest (the Taylor series in f ln 2, |f| <= 1/2), then the whole number into the
// exponent.
inline Vec exp2_of(Vec y) {
  const Vec low = splat(-126.0F);
  const Vec bounded = y > low ? y : low;
  const Vec magic = splat(12582912.0F);  // 1.5 * 2^23: adding it rounds
  const Vec whole = (bounded + magic) - magic;
  const Vec f = bounded - whole;
  Vec p = splat(1.540353e-4F);
  p = p * f + 1.3333558e-3F;
  p = p * f + 9.6181291e-3F;
  p = p * f + 5.5504109e-2F;
  p = p * f + 2.4022651e-1F;
  p = p * f + 6.9314718e-1F;
  p = p * f + 1.0F;
  const IntVec exponent = __builtin_convertvector(whole, IntVec) << 23;
  IntVec bits;
  __builtin_memcpy(&bits, &p, sizeof bits);
  bits += exponent;
  __builtin_memcpy(&p, &bits, sizeof p);
  return y > low ? p : Vec{};
}

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

// One tile: Rows rows of A against one panel, accumulated over k in order.
template <unsigned long Rows>
inline void tile(const float* a, unsigned long lda, const float* panel, const float* bias, float* c,
                 unsigned long ldc, unsigned long columns, unsigned long k, bool accumulate) {
  Vec left[Rows], right[Rows];
#pragma GCC unroll 8
  for (unsigned long r = 0; r < Rows; ++r) left[r] = right[r] = Vec{};
  for (unsigned long p = 0; p < k; ++p) {
    const Vec b0 = load(panel + p * kPanel), b1 = load(panel + p * kPanel + kLanes);
#pragma GCC unroll 8
    for (unsigned long r = 0; r < Rows; ++r) {
      const float value = a[r * lda + p];
      left[r] += value * b0;
      right[r] += value * b1;
    }
  }
  const unsigned long first = columns < kLanes ? columns : kLanes, second = columns - first;
  const Vec bias0 = bias == nullptr ? Vec{} : load_some(bias, first, 0),
            bias1 = bias == nullptr ? Vec{} : load_some(bias + first, second, 0);
#pragma GCC unroll 8
  for (unsigned long r = 0; r < Rows; ++r) {
    float* row = c + r * ldc;
    Vec x = left[r] + bias0, y = right[r] + bias1;
    if (columns == kPanel) {
      store(row, accumulate ? load(row) + x : x);
      store(row + kLanes, accumulate ? load(row + kLanes) + y : y);
    } else {
      store_some(row, accumulate ? load_some(row, first, 0) + x : x, first);
      store_some(row + first, accumulate ? load_some(row + first, second, 0) + y : y, second);
    }
  }
}

void product(const float* a, unsigned long lda, const float* packed, const float* bias, float* c,
             unsigned long ldc, unsigned long m, unsigned long n, unsigned long k,
             bool accumulate) noexcept {
  for (unsigned long panel = 0; panel < n;
       panel += kPanel) {  // a panel stays in the first cache while rows run
    const float* b = packed + panel * k;
    const float* panel_bias = bias == nullptr ? nullptr : bias + panel;
    const unsigned long columns = n - panel < kPanel ? n - panel : kPanel;
    unsigned long r = 0;
    for (; r + kRows <= m; r += kRows)
      tile<kRows>(a + r * lda, lda, b, panel_bias, c + r * ldc + panel, ldc, columns, k,
                  accumulate);
    for (; r + 2 <= m; r += 2)
      tile<2>(a + r * lda, lda, b, panel_bias, c + r * ldc + panel, ldc, columns, k, accumulate);
    for (; r < m; ++r)
      tile<1>(a + r * lda, lda, b, panel_bias, c + r * ldc + panel, ldc, columns, k, accumulate);
  }
}

void layer_norm(const float* x, const float* weight, const float* bias, float eps, float* y,
                unsigned long m, unsigned long d) noexcept {
  for (unsigned long r = 0; r < m; ++r, x += d, y += d) {
    Vec sums = {};
    for (unsigned long i = 0; i < d; i += kLanes)
      sums += d - i >= kLanes ? load(x + i) : load_some(x + i, d - i, 0);
    const float mean = sum_of(sums) / static_cast<float>(d);
    Vec squares = {};
    for (unsigned long i = 0; i < d; i += kLanes) {
      const Vec v = (d - i >= kLanes ? load(x + i) : load_some(x + i, d - i, mean)) - mean;
      squares += v * v;
    }
    const float scale = 1.0F / __builtin_sqrtf(sum_of(squares) / static_cast<float>(d) + eps);
    for (unsigned long i = 0; i < d; i += kLanes) {
      if (d - i >= kLanes)
        store(y + i, (load(x + i) - mean) * scale * load(weight + i) + load(bias + i));
      else
        store_some(y + i,
                   (load_some(x + i, d - i, 0) - mean) * scale * load_some(weight + i, d - i, 0) +
                       load_some(bias + i, d - i, 0),
                   d - i);
    }
  }
}

void softmax(float* x, unsigned long ld, unsigned long m, unsigned long n) noexcept {
  constexpr float kLog2E = 1.44269504F;
  const float lowest = -__builtin_inff();
  for (unsigned long r = 0; r < m; ++r, x += ld) {
    Vec maxima = splat(lowest);
    for (unsigned long i = 0; i < n; i += kLanes)
      maxima = max(maxima, n - i >= kLanes ? load(x + i) : load_some(x + i, n - i, lowest));
    const float most = max_of(maxima);
    if (!(most > lowest)) {
      for (unsigned long i = 0; i < n; ++i) x[i] = 0;
      continue;
    }
    Vec sums = {};
    for (unsigned long i = 0; i < n; i += kLanes) {
      const bool full = n - i >= kLanes;
      const Vec e =
          exp2_of(((full ? load(x + i) : load_some(x + i, n - i, lowest)) - most) * kLog2E);
      sums += e;
      if (full)
        store(x + i, e);
      else
        store_some(x + i, e, n - i);
    }
    const float scale = 1.0F / sum_of(sums);
    for (unsigned long i = 0; i < n; ++i) x[i] *= scale;
  }
}

// max(x, 0) - |x| * 2^P(|x|), P fitted to log2 of the normal distribution's tail: 6.4e-7 absolute,
// no erf and no division.
inline Vec gelu_of(Vec x) {
  const Vec a = max(x, -x);
  Vec p = splat(-0.000473294137F);
  p = p * a + 0.00708446216F;
  p = p * a - 0.0518271713F;
  p = p * a - 0.459992642F;
  p = p * a - 1.15078777F;
  p = p * a - 1.00003763F;
  return max(x, Vec{}) - a * exp2_of(p);
}

void gelu(float* x, unsigned long count) noexcept {
  unsigned long i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, gelu_of(load(x + i)));
  if (i < count) store_some(x + i, gelu_of(load_some(x + i, count - i, 0)), count - i);
}

void add(const float* x, float* y, unsigned long d) noexcept {
  for (unsigned long i = 0; i < d; ++i) y[i] += x[i];
}

}  // namespace

extern const Set kSet;
const Set kSet = {
    BF_NAME, [] { return BF_SUPPORTED; }, packed_size, pack, product, layer_norm, softmax, gelu,
    add};

}  // namespace byteformer::kernels::BF_SET
