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

double gelu_of(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }

void product(const float* a, std::size_t lda, const float* packed, const float* bias, float* c,
             std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
             Epilogue epilogue) noexcept {
  for (std::size_t r = 0; r < m; ++r)
    for (std::size_t i = 0; i < n; ++i) {
      double sum = bias == nullptr ? 0.0 : bias[i];
      for (std::size_t p = 0; p < k; ++p)
        sum += static_cast<double>(a[r * lda + p]) * packed[i * k + p];
      if (epilogue == Epilogue::kAdd) sum += c[r * ldc + i];
      c[r * ldc + i] = static_cast<float>(epilogue == Epilogue::kGelu ? gelu_of(sum) : sum);
    }
}

std::size_t attention_scratch(std::size_t m) { return m; }

void attention(const float* q, const float* k, const float* v, std::size_t ld, std::size_t queries,
               std::size_t m, float* out, std::size_t ldo, float* scratch) noexcept {
  for (std::size_t a = 0; a < queries; ++a) {
    double most = -HUGE_VAL, sum = 0;
    for (std::size_t b = 0; b < m; ++b) {
      double dot = 0;
      for (std::size_t c = 0; c < kHeadSize; ++c)
        dot += static_cast<double>(q[a * ld + c]) * k[b * ld + c];
      scratch[b] = static_cast<float>(dot);
      most = std::fmax(most, scratch[b]);
    }
    for (std::size_t b = 0; b < m; ++b) sum += std::exp2(scratch[b] - most);
    for (std::size_t c = 0; c < kHeadSize; ++c) {
      double mixed = 0;
      for (std::size_t b = 0; b < m; ++b)
        mixed += std::exp2(scratch[b] - most) / sum * v[b * ld + c];
      out[a * ldo + c] = static_cast<float>(mixed);
    }
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
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(gelu_of(x[i]));
}

void sum_rows(const float* table, const unsigned short* ids, std::size_t tokens, std::size_t stride,
              std::size_t k, float* y, std::size_t ldy) noexcept {
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t c = 0; c < kTableSlice; ++c) {
      float sum = 0;
      for (std::size_t p = 0; p < k; ++p)
        sum += table[(p * kTableEntries + ids[t * stride + p]) * kTableSlice + c];
      y[t * ldy + c] = sum;
    }
}

unsigned long multiply_adds(std::size_t rounds) noexcept {
  double sums[12] = {};
  for (std::size_t i = 0; i < rounds; ++i)
    for (double& sum : sums) sum = sum * 0.999 + 0.001;
  volatile double all = 0;
  for (const double sum : sums) all = all + sum;
  return rounds * 12;
}

}  // namespace

extern const Set kSet;
const Set kSet = {"plain",   [] { return true; }, packed_size, pack, product,  attention_scratch,
                  attention, layer_norm,          softmax,     gelu, sum_rows, multiply_adds};

}  // namespace byteformer::kernels::plain
