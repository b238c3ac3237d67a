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
        auto run = [&](const Set& s, std::vector<float>& out, Epilogue epilogue) {
          std::vector<float> packed(s.packed_size(n, k));
          s.pack(b.data(), k, 1, n, k, packed.data());
          s.product(a.data(), lda, packed.data(),
                    epilogue == Epilogue::kStore ? nullptr : bias.data(), out.data(), ldc, m, n, k,
                    epilogue);
        };
        for (const Epilogue epilogue : {Epilogue::kStore, Epilogue::kAdd, Epilogue::kGelu}) {
          run(set(), c, epilogue);
          run(plain(), expected, epilogue);
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
  set().product(a.data(), k, packed.data(), nullptr, together.data(), n, 13, n, k,
                Epilogue::kStore);
  for (std::size_t r = 0; r < 13; ++r) {
    set().product(a.data() + r * k, k, packed.data(), nullptr, alone.data(), n, 1, n, k,
                  Epilogue::kStore);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(),
                           together.begin() + static_cast<std::ptrdiff_t>(r * n)))
        << "row " << r;
  }
}

TEST_P(KernelSets, LayerNormAgreesWithThePlainOne) {
  for (const std::size_t d : {16u, 48u, 64u, 192u}) {
    const std::vector<float> x = noise(7 * d, 1, 10), weight = noise(d, 2), bias = noise(d, 3);
    std::vector<float> y(7 * d), expected(7 * d);
    set().layer_norm(x.data(), weight.data(), bias.data(), 1e-5F, y.data(), 7, d);
    plain().layer_norm(x.data(), weight.data(), bias.data(), 1e-5F, expected.data(), 7, d);
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 5e-6) << d;
  }
}

TEST_P(KernelSets, SoftmaxAgreesWithThePlainOneAndSumsToOne) {
  for (const std::size_t n : {1u, 3u, 8u, 17u, 48u, 128u}) {
    const std::size_t ld = (n + 15) / 16 * 16;
    std::vector<float> x = noise(4 * ld, 1, 30), expected = x;
    set().softmax(x.data(), ld, 4, n);
    plain().softmax(expected.data(), ld, 4, n);
    for (std::size_t r = 0; r < 4; ++r)
      for (std::size_t i = 0; i < n; ++i)
        ASSERT_NEAR(x[r * ld + i], expected[r * ld + i], 1e-6) << n;
  }
}

TEST_P(KernelSets, SoftmaxOfAFullyMaskedRowIsZerosNotNaN) {
  const float lowest = -std::numeric_limits<float>::infinity();
  std::vector<float> x(48, lowest);
  x[21] = 1;  // the second row has one entry that is not masked
  set().softmax(x.data(), 16, 3, 7);
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t i = 0; i < 7; ++i)
      EXPECT_EQ(x[r * 16 + i], r * 16 + i == 21 ? 1.0F : 0.0F) << r << ", " << i;
}

TEST_P(KernelSets, AttentionAgreesWithThePlainOneForEveryWindow) {
  for (const std::size_t m : {1u, 2u, 5u, 13u, 16u, 17u, 32u, 100u, 128u, 192u})
    for (const std::size_t queries : {m, (m + 1) / 2}) {
      const std::size_t ld = 3 * kHeadSize, ldo = kHeadSize + 5;
      const std::vector<float> qkv = noise(m * ld, 1, 2);
      const float *q = qkv.data(), *k = q + kHeadSize, *v = k + kHeadSize;
      std::vector<float> out(queries * ldo, 7), expected = out, scratch(set().attention_scratch(m)),
                                                plain_scratch(plain().attention_scratch(m));
      set().attention(q, k, v, ld, queries, m, out.data(), ldo, scratch.data());
      plain().attention(q, k, v, ld, queries, m, expected.data(), ldo, plain_scratch.data());
      for (std::size_t i = 0; i < out.size(); ++i)
        ASSERT_NEAR(out[i], expected[i], 3e-5) << m << " keys, at " << i;
    }
}

TEST_P(KernelSets, ATokenIsTheSumOfItsTableRows) {
  const std::size_t k = 3, stride = 2, tokens = 9, ldy = kTableSlice + 3;
  const std::vector<float> table = noise(k * kTableEntries * kTableSlice, 1);
  std::vector<unsigned short> ids(stride * (tokens - 1) + k);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<unsigned short>(i * 97 % 257);
  ids.back() = 256;
  std::vector<float> y(tokens * ldy, 7), expected = y;
  set().sum_rows(table.data(), ids.data(), tokens, stride, k, y.data(), ldy);
  plain().sum_rows(table.data(), ids.data(), tokens, stride, k, expected.data(), ldy);
  EXPECT_EQ(y, expected) << "sums in the same order are the same bits on every set";
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
