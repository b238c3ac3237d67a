#include "kernels/gradients.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "tests/noise.h"

namespace byteformer::kernels {
namespace {

const Set& plain() { return *all_sets().back(); }

// Every set of this build in float32 and BF16; a pair that the machine lacks is skipped, never
// passed.
class GradientKernels : public testing::TestWithParam<std::tuple<std::size_t, Precision>> {
 protected:
  void SetUp() override {
    if (!set().is_supported()) GTEST_SKIP() << set().name << " cannot run on this machine";
    if (own() == nullptr) GTEST_SKIP() << set().name << " does not offer " << name_of(precision());
  }
  const Set& set() const { return *all_sets()[std::get<0>(GetParam())]; }
  Precision precision() const { return std::get<1>(GetParam()); }
  const Gradients* own() const { return of(set()); }
  const Gradients& defined() const { return *of(plain()); }
  const Gradients* of(const Set& any) const { return gradients_of(any, precision()); }

  std::size_t element_size() const { return precision() == Precision::kF32 ? 4 : 2; }
  double rounding() const { return precision() == Precision::kF32 ? 3e-7 : 1.0 / 128; }

  // Elements of values, by the plain set.
  std::vector<std::byte> elements(const std::vector<float>& values) const {
    std::vector<std::byte> to(values.size() * element_size());
    const Arithmetic& arithmetic = *offered(plain(), precision());
    if (arithmetic.from_floats == nullptr)
      std::memcpy(to.data(), values.data(), to.size());
    else
      arithmetic.from_floats(values.data(), 1, values.size(), to.data());
    return to;
  }
  float at(const std::vector<std::byte>& elements, std::size_t i) const {
    float value;
    if (precision() == Precision::kF32) {
      std::memcpy(&value, elements.data() + 4 * i, sizeof value);
      return value;
    }
    std::uint16_t bits;
    std::memcpy(&bits, elements.data() + 2 * i, sizeof bits);
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
  }

  // bound: of the values' size and of each value's own.
  void expect_near(const std::vector<std::byte>& c, const std::vector<std::byte>& expected,
                   double bound) const {
    ASSERT_EQ(c.size(), expected.size());
    for (std::size_t i = 0; i < c.size() / element_size(); ++i)
      ASSERT_NEAR(at(c, i), at(expected, i), bound * (1 + std::abs(at(expected, i)))) << i;
  }
};

// Products of a linear layer's two gradients, by a set's own packing.
TEST_P(GradientKernels, ProductsOfTurnedRowsAreTheWeightsGradient) {
  const std::size_t n = 128, k = 64;
  for (const std::size_t m : {1u, 2u, 7u, 31u, 64u, 129u}) {
    const std::size_t ldy = n + 64, ldx = k;
    const std::vector<float> slopes = noise(m * ldy, 1), inputs = noise(m * ldx, 2),
                             before = noise(n * k, 3);
    const std::vector<std::byte> dy = elements(slopes), x = elements(inputs);
    const std::size_t lda = transposed_size(m, element_size());
    std::vector<std::byte> turned(n * lda, std::byte{0x3C});
    own()->transpose(dy.data(), ldy, m, n, turned.data());
    const Arithmetic& arithmetic = *offered(set(), precision());
    std::vector<std::byte> packed(arithmetic.packed_size(k, m));
    own()->pack_transposed(x.data(), ldx, k, m, packed.data());
    std::vector<float> dw = before;
    arithmetic.product(turned.data(), lda, packed.data(), nullptr, dw.data(), k, n, k, m,
                       Epilogue::kAdd);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < k; ++c) {
        double sum = before[i * k + c];
        for (std::size_t r = 0; r < m; ++r)
          sum += static_cast<double>(at(dy, r * ldy + i)) * at(x, r * ldx + c);
        ASSERT_NEAR(dw[i * k + c], sum, 1e-6 * static_cast<double>(m + 2)) << m << ": " << i;
      }
  }
}

TEST_P(GradientKernels, WeightsPackedFromElementsMultiplyAsThosePackedFromFloats) {
  const std::size_t m = 13, n = 64, k = 192;
  const Arithmetic& arithmetic = *offered(set(), precision());
  const std::vector<float> b = noise(n * k, 1);
  const std::vector<std::byte> a = elements(noise(m * k, 2));
  std::vector<float> turned(n * k);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t p = 0; p < k; ++p) turned[p * n + i] = b[i * k + p];
  auto product = [&](const std::vector<std::byte>& packed) {
    std::vector<float> c(m * n);
    arithmetic.product(a.data(), k * element_size(), packed.data(), nullptr, c.data(), n, m, n, k,
                       Epilogue::kStore);
    return c;
  };
  std::vector<std::byte> from_floats(arithmetic.packed_size(n, k)), by_rows(from_floats.size()),
      by_columns(from_floats.size());
  arithmetic.pack(b.data(), k, 1, n, k, from_floats.data());
  own()->pack(elements(b).data(), k, n, k, by_rows.data());
  own()->pack_transposed(elements(turned).data(), n, n, k, by_columns.data());
  EXPECT_EQ(product(by_rows), product(from_floats));
  EXPECT_EQ(product(by_columns), product(from_floats));
}

TEST_P(GradientKernels, OfGeluAreThePlainOnes) {
  const std::size_t m = 5, n = 64, ld = 128;
  const std::vector<std::byte> x = elements(noise(m * ld, 1, 6)), dy = elements(noise(m * n, 2));
  std::vector<std::byte> y(m * n * element_size()), dx = y, expected_y = y, expected_dx = y;
  own()->gelu_gradient(x.data(), ld, dy.data(), m, n, y.data(), dx.data());
  defined().gelu_gradient(x.data(), ld, dy.data(), m, n, expected_y.data(), expected_dx.data());
  expect_near(y, expected_y, rounding());
  expect_near(dx, expected_dx, rounding());
  own()->gelu(x.data(), ld, m, n, y.data());
  expect_near(y, expected_y, 4 * rounding());
}

TEST_P(GradientKernels, OfAttentionAreThePlainOnesForAnyNumberOfKeys) {
  const std::size_t ld = 3 * kHeadSize, ldy = 2 * kHeadSize;
  for (const std::size_t m : {1u, 2u, 15u, 16u, 17u, 32u, 63u, 127u, 128u}) {
    const std::vector<std::byte> qkv = elements(noise(m * ld, 1)), dy = elements(noise(m * ldy, 2));
    std::vector<std::byte> slopes(m * ld * element_size()), expected = slopes;
    auto run = [&](const Gradients& gradients, std::vector<std::byte>& to) {
      const std::size_t size = gradients.attention_scratch(m), head = kHeadSize * element_size();
      void* scratch = ::operator new (size, std::align_val_t{64});
      std::memset(scratch, 0x7F, size);  // what lies there is not to be read
      gradients.attention(qkv.data(), qkv.data() + head, qkv.data() + 2 * head, ld, dy.data(), ldy,
                          m, to.data(), to.data() + head, to.data() + 2 * head, scratch);
      ::operator delete (scratch, std::align_val_t{64});
    };
    run(*own(), slopes);
    run(defined(), expected);
    expect_near(slopes, expected, precision() == Precision::kF32 ? 3e-6 : 0.03);
  }
}

TEST_P(GradientKernels, SumsOfRowsAddToWhatLiesThere) {
  const std::size_t m = 9, n = 192, ld = 256;
  const std::vector<std::byte> x = elements(noise(m * ld, 1));
  std::vector<float> sums = noise(n, 2), expected = sums;
  own()->add_rows(x.data(), ld, m, n, sums.data());
  defined().add_rows(x.data(), ld, m, n, expected.data());
  for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(sums[i], expected[i], 2e-6) << i;
}

TEST_P(GradientKernels, OfLayerNormAreThePlainOnes) {
  const std::size_t m = 7, d = 192;
  const std::vector<float> x = noise(m * d, 1, 3), weight = noise(d, 2), dy = noise(m * d, 3);
  std::vector<float> dx = noise(m * d, 4), dw = noise(d, 5), db = noise(d, 6), expected_dx = dx,
                     expected_dw = dw, expected_db = db;
  gradients_of(set()).layer_norm(x.data(), weight.data(), 1e-5F, dy.data(), dx.data(), dw.data(),
                                 db.data(), m, d);
  gradients_of(plain()).layer_norm(x.data(), weight.data(), 1e-5F, dy.data(), expected_dx.data(),
                                   expected_dw.data(), expected_db.data(), m, d);
  for (std::size_t i = 0; i < m * d; ++i) ASSERT_NEAR(dx[i], expected_dx[i], 2e-6) << i;
  for (std::size_t i = 0; i < d; ++i) {
    ASSERT_NEAR(dw[i], expected_dw[i], 1e-5) << i;
    ASSERT_NEAR(db[i], expected_db[i], 1e-5) << i;
  }
}

TEST_P(GradientKernels, OfTableRowsAreThePlainOnesToTheBit) {
  const std::size_t tokens = 40, k = 3, d = 192, rows = 10 * k;
  const std::vector<float> table = noise(rows * d, 1), dy = noise(tokens * d, 2);
  std::vector<std::int64_t> places;
  for (std::size_t i = 0; i < tokens * k; ++i)
    places.push_back(static_cast<std::int64_t>(i % k * 10 + i * 7 % 10));
  std::vector<float> y(tokens * d), expected_y = y, dtable(rows * d), expected_dtable = dtable;
  const GradientSet &own_set = gradients_of(set()), &plain_set = gradients_of(plain());
  own_set.sum_rows(table.data(), places.data(), tokens, k, y.data(), d);
  plain_set.sum_rows(table.data(), places.data(), tokens, k, expected_y.data(), d);
  EXPECT_EQ(y, expected_y);
  own_set.add_to_rows(dy.data(), places.data(), tokens, k, 1, 3, dtable.data(), d);
  plain_set.add_to_rows(dy.data(), places.data(), tokens, k, 1, 3, expected_dtable.data(), d);
  EXPECT_EQ(dtable, expected_dtable);
}

// The plain definition itself, against differences of the attention that it is the gradient of.
TEST(PlainGradients, OfAttentionAreTheSlopesOfItsResult) {
  const std::size_t m = 6, ld = 3 * kHeadSize;
  const std::vector<float> qkv = noise(m * ld, 1), dy = noise(m * kHeadSize, 2);
  const Arithmetic& arithmetic = *plain().f32;
  const Gradients& gradients = *gradients_of(plain()).f32;
  constexpr double kScale = 1.44269504 / 8;  // of q, as the kernels want it
  auto value = [&](std::vector<float> given) {
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t c = 0; c < kHeadSize; ++c)
        given[r * ld + c] = static_cast<float>(given[r * ld + c] * kScale);
    std::vector<float> out(m * kHeadSize);
    std::vector<std::byte> scratch(arithmetic.attention_scratch(m));
    arithmetic.attention(given.data(), given.data() + kHeadSize, given.data() + 2 * kHeadSize, ld,
                         m, m, out.data(), kHeadSize, scratch.data());
    double sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) sum += static_cast<double>(out[i]) * dy[i];
    return sum;
  };
  std::vector<float> scaled = qkv, slopes(m * ld);
  for (std::size_t r = 0; r < m; ++r)
    for (std::size_t c = 0; c < kHeadSize; ++c)
      scaled[r * ld + c] = static_cast<float>(scaled[r * ld + c] * kScale);
  std::vector<double> scratch(gradients.attention_scratch(m) / sizeof(double) + 1);
  gradients.attention(scaled.data(), scaled.data() + kHeadSize, scaled.data() + 2 * kHeadSize, ld,
                      dy.data(), kHeadSize, m, slopes.data(), slopes.data() + kHeadSize,
                      slopes.data() + 2 * kHeadSize, scratch.data());
  for (const std::size_t i : {3u, 70u, 130u, 195u, 400u, 700u, 1000u, 1151u}) {
    std::vector<float> more = qkv, less = qkv;
    more[i] += 0.01F;
    less[i] -= 0.01F;
    EXPECT_NEAR(slopes[i], (value(more) - value(less)) / 0.02, 2e-4) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, GradientKernels,
                         testing::Combine(testing::Range<std::size_t>(0, all_sets().size()),
                                          testing::Values(Precision::kF32, Precision::kBf16)),
                         [](const auto& pair) {
                           std::string name = all_sets()[std::get<0>(pair.param)]->name;
                           std::erase(name, '-');
                           return name + name_of(std::get<1>(pair.param));
                         });

}  // namespace
}  // namespace byteformer::kernels
