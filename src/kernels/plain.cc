// The definition of each kernel, in as few lines as it takes. Sums are in double: this set is what
// the others are tested against.
#include <cmath>

#include "kernels/kernels.h"

namespace byteformer::kernels::plain {
namespace {

std::size_t packed_size(std::size_t n, std::size_t k) { return n * k; }

void pack(const float* b, std::size_t row_stride, std::size_t column_stride, std::size_t n,
          std::size_t k, float* packed) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t p = 0; p < k; ++p) packed[i * k + p] = b[i * row_stride + p * column_stride];
}

void product(const float* a, std::size_t lda, const float* packed, const float* bias, float* c,
             std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
             bool accumulate) noexcept {
  for (std::size_t r = 0; r < m; ++r)
    for (std::size_t i = 0; i < n; ++i) {
      double sum = (bias == nullptr ? 0.0 : bias[i]) + (accumulate ? c[r * ldc + i] : 0.0);
      for (std::size_t p = 0; p < k; ++p)
        sum += static_cast<double>(a[r * lda + p]) * packed[i * k + p];
      c[r * ldc + i] = static_cast<float>(sum);
    }
}

void layer_norm(const float* x, const float* weight, const float* bias, float eps, float* y,
                std::size_t m, std::size_t d) noexcept {
  for (std::size_t r = 0; r < m; ++r, x += d, y += d) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < d; ++i) mean += x[i] / static_cast<double>(d);
    for (std::size_t i = 0; i < d; ++i)
      variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(d);
    for (std::size_t i = 0; i < d; ++i)
      y[i] = static_cast<float>((x[i] - mean) / std::sqrt(variance + eps) * weight[i] + bias[i]);
  }
}

void softmax(float* x, std::size_t ld, std::size_t m, std::size_t n) noexcept {
  for (std::size_t r = 0; r < m; ++r, x += ld) {
    double most = -HUGE_VAL, sum = 0;
    for (std::size_t i = 0; i < n; ++i) most = std::fmax(most, x[i]);
    for (std::size_t i = 0; i < n; ++i) sum += most > -HUGE_VAL ? std::exp(x[i] - most) : 0;
    for (std::size_t i = 0; i < n; ++i)
      x[i] = sum > 0 ? static_cast<float>(std::exp(x[i] - most) / sum) : 0.0F;
  }
}

void gelu(float* x, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    x[i] = static_cast<float>(x[i] * 0.5 * std::erfc(-x[i] / std::sqrt(2.0)));
}

void add(const float* x, float* y, std::size_t d) noexcept {
  for (std::size_t i = 0; i < d; ++i) y[i] += x[i];
}

}  // namespace

extern const Set kSet;
const Set kSet = {
    "plain", [] { return true; }, packed_size, pack, product, layer_norm, softmax, gelu, add};

}  // namespace byteformer::kernels::plain
