// The definition of the gradients' kernels; sums are in double.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/gradients.h"
#include "kernels/plain_elements.h"

namespace byteformer::kernels::plain {
namespace {

double phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

template <class Element>
struct Of {
  static const Element* in(const void* p) { return static_cast<const Element*>(p); }
  static Element* out(void* p) { return static_cast<Element*>(p); }

  static void pack(const void* b, std::size_t ld, std::size_t n, std::size_t k,
                   void* packed) noexcept {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t p = 0; p < k; ++p) out(packed)[i * k + p] = in(b)[i * ld + p];
  }

  static void pack_transposed(const void* b, std::size_t ld, std::size_t n, std::size_t k,
                              void* packed) noexcept {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t p = 0; p < k; ++p) out(packed)[i * k + p] = in(b)[p * ld + i];
  }

  static void transpose(const void* x, std::size_t ld, std::size_t m, std::size_t n,
                        void* y) noexcept {
    const std::size_t ldy = transposed_size(m, sizeof(Element)) / sizeof(Element);
    for (std::size_t c = 0; c < n; ++c)
      for (std::size_t r = 0; r < ldy; ++r)
        out(y)[c * ldy + r] = r < m ? in(x)[r * ld + c] : Element{};
  }

  static void gelu(const void* x, std::size_t ld, std::size_t m, std::size_t n, void* y) noexcept {
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t i = 0; i < n; ++i) {
        const double v = value_of(in(x)[r * ld + i]);
        assign(out(y)[r * n + i], v * phi(v));
      }
  }

  static void gelu_gradient(const void* x, std::size_t ld, const void* dy, std::size_t m,
                            std::size_t n, void* y, void* dx) noexcept {
    gelu(x, ld, m, n, y);
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t i = 0; i < n; ++i) {
        const double v = value_of(in(x)[r * ld + i]),
                     density = std::exp(-v * v / 2) / std::sqrt(2 * std::numbers::pi);
        assign(out(dx)[r * n + i], value_of(in(dy)[r * n + i]) * (phi(v) + v * density));
      }
  }

  static void add_rows(const void* x, std::size_t ld, std::size_t m, std::size_t n,
                       float* sums) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
      double sum = sums[i];
      for (std::size_t r = 0; r < m; ++r) sum += value_of(in(x)[r * ld + i]);
      sums[i] = static_cast<float>(sum);
    }
  }

  static std::size_t attention_scratch(std::size_t m) {
    return 2 * m * (1 + kHeadSize) * sizeof(double);
  }

  static double dot(const void* a, const void* b) {
    double sum = 0;
    for (std::size_t c = 0; c < kHeadSize; ++c) sum += value_of(in(a)[c]) * value_of(in(b)[c]);
    return sum;
  }

  static void attention(const void* q, const void* k, const void* v, std::size_t ld, const void* dy,
                        std::size_t ldy, std::size_t m, void* dq, void* dk, void* dv,
                        void* scratch) noexcept {
    auto *shares = static_cast<double*>(scratch), *slopes = shares + m, *to_k = slopes + m,
         *to_v = to_k + m * kHeadSize;
    std::fill(to_k, to_v + m * kHeadSize, 0.0);
    for (std::size_t a = 0; a < m; ++a) {
      double most = -HUGE_VAL, sum = 0, mean = 0;
      for (std::size_t b = 0; b < m; ++b) {
        shares[b] = dot(in(q) + a * ld, in(k) + b * ld);
        slopes[b] = dot(in(dy) + a * ldy, in(v) + b * ld);
        most = std::fmax(most, shares[b]);
      }
      for (std::size_t b = 0; b < m; ++b) sum += shares[b] = std::exp2(shares[b] - most);
      for (std::size_t b = 0; b < m; ++b) mean += (shares[b] /= sum) * slopes[b];
      for (std::size_t c = 0; c < kHeadSize; ++c) {
        double to_q = 0;
        for (std::size_t b = 0; b < m; ++b) {
          const double slope = shares[b] * (slopes[b] - mean);
          to_q += slope * value_of(in(k)[b * ld + c]) / 8;
          to_k[b * kHeadSize + c] += slope * value_of(in(q)[a * ld + c]) * std::log(2.0);
          to_v[b * kHeadSize + c] += shares[b] * value_of(in(dy)[a * ldy + c]);
        }
        assign(out(dq)[a * ld + c], to_q);
      }
    }
    for (std::size_t b = 0; b < m; ++b)
      for (std::size_t c = 0; c < kHeadSize; ++c) {
        assign(out(dk)[b * ld + c], to_k[b * kHeadSize + c]);
        assign(out(dv)[b * ld + c], to_v[b * kHeadSize + c]);
      }
  }

  static constexpr Gradients kGradients = {
      pack,          pack_transposed, transpose,         gelu,
      gelu_gradient, add_rows,        attention_scratch, attention};
};

void layer_norm(const float* x, const float* weight, float eps, const float* dy, float* dx,
                float* dweight, float* dbias, std::size_t m, std::size_t d) noexcept {
  const auto count = static_cast<double>(d);
  for (std::size_t r = 0; r < m; ++r, x += d, dy += d, dx += d) {
    double mean = 0, variance = 0, mean_slope = 0, mean_product = 0;
    for (std::size_t i = 0; i < d; ++i) mean += x[i] / count;
    for (std::size_t i = 0; i < d; ++i) variance += (x[i] - mean) * (x[i] - mean) / count;
    const double scale = 1 / std::sqrt(variance + eps);
    for (std::size_t i = 0; i < d; ++i) {
      const double slope = static_cast<double>(dy[i]) * weight[i];
      mean_slope += slope / count;
      mean_product += slope * (x[i] - mean) * scale / count;
    }
    for (std::size_t i = 0; i < d; ++i) {
      const double h = (x[i] - mean) * scale, slope = static_cast<double>(dy[i]) * weight[i];
      dx[i] += static_cast<float>(scale * (slope - mean_slope - h * mean_product));
      dweight[i] += static_cast<float>(dy[i] * h);
      dbias[i] += dy[i];
    }
  }
}

void sum_rows(const float* table, const std::int64_t* places, std::size_t tokens, std::size_t k,
              float* y, std::size_t d) noexcept {
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t c = 0; c < d; ++c) {
      float sum = 0;
      for (std::size_t p = 0; p < k; ++p)
        sum += table[static_cast<std::size_t>(places[t * k + p]) * d + c];
      y[t * d + c] = sum;
    }
}

void add_to_rows(const float* dy, const std::int64_t* places, std::size_t tokens, std::size_t k,
                 std::size_t first, std::size_t last, float* dtable, std::size_t d) noexcept {
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t p = first; p < last; ++p)
      for (std::size_t c = 0; c < d; ++c)
        dtable[static_cast<std::size_t>(places[t * k + p]) * d + c] += dy[t * d + c];
}

}  // namespace

extern const GradientSet kGradientSet;
const GradientSet kGradientSet = {&Of<float>::kGradients, &Of<Bfloat16>::kGradients, layer_norm,
                                  sum_rows, add_to_rows};

}  // namespace byteformer::kernels::plain
