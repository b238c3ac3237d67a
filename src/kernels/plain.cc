// The definition of each kernel, in as few lines as it takes. Sums are in double: this set is what
// the others are tested against.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/kernels.h"
#include "kernels/plain_elements.h"

namespace byteformer::kernels::plain {
namespace {

double gelu_of(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// What becomes of a sum at place i of C.
template <class Element>
void finish(Epilogue epilogue, double x, void* c, std::size_t i) {
  float* floats = static_cast<float*>(c);
  switch (epilogue) {
    case Epilogue::kStore:
      return assign(floats[i], x);
    case Epilogue::kAdd:
      return assign(floats[i], floats[i] + x);
    case Epilogue::kElements:
      return assign(static_cast<Element*>(c)[i], x);
    case Epilogue::kGelu:
      return assign(static_cast<Element*>(c)[i], gelu_of(x));
  }
}

// Float32 and BF16: operands are elements.
template <class Element>
struct Rounded {
  static std::size_t operand_size(std::size_t k) { return k * sizeof(Element); }
  static std::size_t packed_size(std::size_t n, std::size_t k) { return n * k * sizeof(Element); }

  static void from_floats(const float* x, std::size_t m, std::size_t k, void* operands) noexcept {
    for (std::size_t i = 0; i < m * k; ++i) assign(static_cast<Element*>(operands)[i], x[i]);
  }

  static void pack(const float* b, std::size_t row_stride, std::size_t column_stride, std::size_t n,
                   std::size_t k, void* packed) noexcept {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t p = 0; p < k; ++p)
        assign(static_cast<Element*>(packed)[i * k + p], b[i * row_stride + p * column_stride]);
  }

  static void product(const void* a, std::size_t lda, const void* packed, const float* bias,
                      void* c, std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
                      Epilogue epilogue) noexcept {
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t i = 0; i < n; ++i) {
        const auto* row =
            reinterpret_cast<const Element*>(static_cast<const std::byte*>(a) + r * lda);
        const Element* weights = static_cast<const Element*>(packed) + i * k;
        double sum = bias == nullptr ? 0.0 : bias[i];
        for (std::size_t p = 0; p < k; ++p) sum += value_of(row[p]) * value_of(weights[p]);
        finish<Element>(epilogue, sum, c, r * ldc + i);
      }
  }
};

template <class Element>
void attention(const void* q, const void* k, const void* v, std::size_t ld, std::size_t queries,
               std::size_t m, void* out, std::size_t ldo, void* scratch) noexcept {
  const auto *query = static_cast<const Element*>(q), *key = static_cast<const Element*>(k),
             *value = static_cast<const Element*>(v);
  auto* scores = static_cast<double*>(scratch);
  for (std::size_t a = 0; a < queries; ++a) {
    double most = -HUGE_VAL, sum = 0;
    for (std::size_t b = 0; b < m; ++b) {
      scores[b] = 0;
      for (std::size_t c = 0; c < kHeadSize; ++c)
        scores[b] += value_of(query[a * ld + c]) * value_of(key[b * ld + c]);
      most = std::fmax(most, scores[b]);
    }
    for (std::size_t b = 0; b < m; ++b) sum += std::exp2(scores[b] - most);
    for (std::size_t c = 0; c < kHeadSize; ++c) {
      double mixed = 0;
      for (std::size_t b = 0; b < m; ++b)
        mixed += std::exp2(scores[b] - most) / sum * value_of(value[b * ld + c]);
      assign(static_cast<Element*>(out)[a * ldo + c], mixed);
    }
  }
}
std::size_t attention_scratch(std::size_t m) { return m * sizeof(double); }

// int8: a row of operands and a channel of weights are k signed bytes and their scale, the largest
// magnitude over 127; bytes are rounded to nearest even. Elements are BF16.
struct Int8 {
  static std::size_t operand_size(std::size_t k) { return (k + 3) / 4 * 4 + sizeof(float); }
  static std::size_t packed_size(std::size_t n, std::size_t k) { return n * operand_size(k); }

  template <class At>
  static void quantize(At&& at, std::size_t k, std::byte* to) {
    float most = 0, not_finite = 0;  // NaN where any value is not: then the scale is
    for (std::size_t p = 0; p < k; ++p) {
      most = std::fmax(most, std::fabs(at(p)));
      not_finite += at(p) - at(p);
    }
    const float per_unit = most > 0 ? 127 / most : 0, scale = most / 127 + not_finite;
    for (std::size_t p = 0; p < k; ++p) {
      const float q = at(p) * per_unit;
      to[p] = static_cast<std::byte>(std::isnan(q) ? 0 : static_cast<int>(std::nearbyint(q)));
    }
    std::memcpy(to + operand_size(k) - sizeof scale, &scale, sizeof scale);
  }

  template <class From>
  static void quantize_rows(const From* x, std::size_t m, std::size_t k, void* operands) {
    for (std::size_t r = 0; r < m; ++r)
      quantize([&](std::size_t p) { return static_cast<float>(value_of(x[r * k + p])); }, k,
               static_cast<std::byte*>(operands) + r * operand_size(k));
  }
  static void from_floats(const float* x, std::size_t m, std::size_t k, void* operands) noexcept {
    quantize_rows(x, m, k, operands);
  }
  static void from_elements(const void* x, std::size_t m, std::size_t k, void* operands) noexcept {
    quantize_rows(static_cast<const Bfloat16*>(x), m, k, operands);
  }

  static void pack(const float* b, std::size_t row_stride, std::size_t column_stride, std::size_t n,
                   std::size_t k, void* packed) noexcept {
    for (std::size_t i = 0; i < n; ++i)
      quantize([&](std::size_t p) { return b[i * row_stride + p * column_stride]; }, k,
               static_cast<std::byte*>(packed) + i * operand_size(k));
  }

  static void product(const void* a, std::size_t lda, const void* packed, const float* bias,
                      void* c, std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
                      Epilogue epilogue) noexcept {
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t i = 0; i < n; ++i) {
        const auto* row = static_cast<const std::byte*>(a) + r * lda;
        const auto* weights = static_cast<const std::byte*>(packed) + i * operand_size(k);
        int sum = 0;
        for (std::size_t p = 0; p < k; ++p)
          sum += static_cast<signed char>(row[p]) * static_cast<signed char>(weights[p]);
        finish<Bfloat16>(epilogue,
                         static_cast<double>(sum) * scale_of(row, k) * scale_of(weights, k) +
                             (bias == nullptr ? 0.0 : bias[i]),
                         c, r * ldc + i);
      }
  }
  static double scale_of(const std::byte* row, std::size_t k) {
    float scale;
    std::memcpy(&scale, row + operand_size(k) - sizeof scale, sizeof scale);
    return scale;
  }
};

unsigned long multiply_adds(std::size_t rounds) noexcept {
  double sums[12] = {};
  for (std::size_t i = 0; i < rounds; ++i)
    for (double& sum : sums) sum = sum * 0.999 + 0.001;
  volatile double all = 0;
  for (const double sum : sums) all = all + sum;
  return rounds * 12;
}

constexpr Arithmetic kFloat32 = {sizeof(float),
                                 Rounded<float>::operand_size,
                                 nullptr,
                                 nullptr,
                                 Rounded<float>::packed_size,
                                 Rounded<float>::pack,
                                 Rounded<float>::product,
                                 attention_scratch,
                                 attention<float>,
                                 multiply_adds};
constexpr Arithmetic kBf16 = {sizeof(Bfloat16),
                              Rounded<Bfloat16>::operand_size,
                              Rounded<Bfloat16>::from_floats,
                              nullptr,
                              Rounded<Bfloat16>::packed_size,
                              Rounded<Bfloat16>::pack,
                              Rounded<Bfloat16>::product,
                              attention_scratch,
                              attention<Bfloat16>,
                              multiply_adds};
constexpr Arithmetic kInt8 = {
    sizeof(Bfloat16), Int8::operand_size, Int8::from_floats, Int8::from_elements, Int8::packed_size,
    Int8::pack,       Int8::product,      attention_scratch, attention<Bfloat16>, multiply_adds};

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
    const float most = *std::max_element(x, x + n);
    double sum = 0;
    if (most > -HUGE_VALF)
      for (std::size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(x[i]) - most);
    for (std::size_t i = 0; i < n; ++i)
      x[i] = sum > 0 ? static_cast<float>(std::exp(static_cast<double>(x[i]) - most) / sum) : 0.0F;
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

}  // namespace

extern const Set kSet;
const Set kSet = {
    "plain", [] { return true; }, &kFloat32, &kBf16, &kInt8, layer_norm, softmax, gelu, sum_rows};

}  // namespace byteformer::kernels::plain
