#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "byteformer/error.h"

namespace byteformer::kernels {
namespace {

std::vector<float> noise(std::size_t count, unsigned seed, float scale = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> values(count);
  for (float& v : values) v = uniform(engine);
  return values;
}

const Set& plain() { return *all_sets().back(); }

// Every set of this build, by its place in the list; one that the machine lacks is skipped, never
// passed.
class KernelSets : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (!set().is_supported()) GTEST_SKIP() << set().name << " cannot run on this machine";
  }
  const Set& set() const { return *all_sets()[GetParam()]; }
};

TEST_P(KernelSets, ProductAgreesWithThePlainOneForEveryTail) {
  for (const std::size_t m : {1u, 2u, 5u, 6u, 8u, 9u, 17u})
    for (const std::size_t n : {1u, 7u, 8u, 15u, 16u, 17u, 31u, 33u, 64u, 67u})
      for (const std::size_t k : {1u, 3u, 64u}) {
        const std::size_t lda = k + 3, ldc = n + 2;
        const std::vector<float> a = noise(m * lda, 1), b = noise(n * k, 2), bias = noise(n, 3);
        std::vector<float> c = noise(m * ldc, 4), expected = c;
        auto run = [&](const Set& s, std::vector<float>& out, bool accumulate) {
          std::vector<float> packed(s.packed_size(n, k));
          s.pack(b.data(), k, 1, n, k, packed.data());
          s.product(a.data(), lda, packed.data(), accumulate ? bias.data() : nullptr, out.data(),
                    ldc, m, n, k, accumulate);
        };
        for (const bool accumulate : {false, true}) {
          run(set(), c, accumulate);
          run(plain(), expected, accumulate);
          for (std::size_t i = 0; i < c.size(); ++i)
            ASSERT_NEAR(c[i], expected[i], 1e-6 * static_cast<double>(k + 2))
                << m << "x" << n << "x" << k << " at " << i;
        }
      }
}

TEST_P(KernelSets, ARowOfAProductHasTheSameBitsInAnyCompany) {
  const std::size_t n = 40, k = 64;
  const std::vector<float> a = noise(13 * k, 1), b = noise(n * k, 2);
  std::vector<float> packed(set().packed_size(n, k)), together(13 * n), alone(n);
  set().pack(b.data(), k, 1, n, k, packed.data());
  set().product(a.data(), k, packed.data(), nullptr, together.data(), n, 13, n, k, false);
  for (std::size_t r = 0; r < 13; ++r) {
    set().product(a.data() + r * k, k, packed.data(), nullptr, alone.data(), n, 1, n, k, false);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(),
                           together.begin() + static_cast<std::ptrdiff_t>(r * n)))
        << "row " << r;
  }
}

TEST_P(KernelSets, LayerNormAgreesWithThePlainOne) {
  for (const std::size_t d : {1u, 5u, 16u, 33u, 192u}) {
    const std::vector<float> x = noise(3 * d, 1, 10), weight = noise(d, 2), bias = noise(d, 3);
    std::vector<float> y(3 * d), expected(3 * d);
    set().layer_norm(x.data(), weight.data(), bias.data(), 1e-5F, y.data(), 3, d);
    plain().layer_norm(x.data(), weight.data(), bias.data(), 1e-5F, expected.data(), 3, d);
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 5e-6) << d;
  }
}

TEST_P(KernelSets, SoftmaxAgreesWithThePlainOneAndSumsToOne) {
  for (const std::size_t n : {1u, 3u, 8u, 17u, 48u, 128u}) {
    std::vector<float> x = noise(4 * n, 1, 30), expected = x;
    set().softmax(x.data(), n, 4, n);
    plain().softmax(expected.data(), n, 4, n);
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], expected[i], 1e-6) << n;
  }
}

TEST_P(KernelSets, SoftmaxOfAFullyMaskedRowIsZerosNotNaN) {
  const float lowest = -std::numeric_limits<float>::infinity();
  std::vector<float> x(21, lowest);
  x[12] = 1;  // the second row of seven has one entry that is not masked
  set().softmax(x.data(), 7, 3, 7);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(x[i], i == 12 ? 1.0F : 0.0F) << i;
}

TEST_P(KernelSets, GeluIsTheExactOneWithinAMillionth) {
  std::vector<float> x;
  for (float v = -12; v < 12; v += 0.0037F) x.push_back(v);
  std::vector<float> expected = x;
  set().gelu(x.data(), x.size());
  plain().gelu(expected.data(), expected.size());
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], expected[i], 1.2e-6) << expected[i];
}

INSTANTIATE_TEST_SUITE_P(All, KernelSets, testing::Range<std::size_t>(0, all_sets().size()),
                         [](const auto& set_info) {
                           std::string name = all_sets()[set_info.param]->name;
                           std::erase(name, '-');
                           return name;
                         });

class ForcedSet : public testing::Test {
 protected:
  void TearDown() override { ::unsetenv("BYTEFORMER_KERNELS"); }
};

TEST_F(ForcedSet, IsTheOneThatRuns) {
  ::setenv("BYTEFORMER_KERNELS", "plain", 1);
  EXPECT_STREQ(chosen_set().name, "plain");
}

TEST_F(ForcedSet, AnUnknownNameIsAnErrorThatListsWhatThereIs) {
  ::setenv("BYTEFORMER_KERNELS", "abacus", 1);
  try {
    chosen_set();
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("plain"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace byteformer::kernels
