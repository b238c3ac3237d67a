#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <future>
#include <limits>
#include <string>
#include <thread>

#include "byteformer/error.h"
#include "tests/noise.h"

namespace byteformer::kernels {
namespace {

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

// A set's arithmetic in one precision, and what it makes of float operands and weights.
struct Products {
  const Arithmetic& arithmetic;

  // A [m, k] as operands.
  std::vector<std::byte> operands(const std::vector<float>& a, std::size_t m, std::size_t k) const {
    std::vector<std::byte> rows(m * arithmetic.operand_size(k));
    if (arithmetic.from_floats == nullptr)
      std::memcpy(rows.data(), a.data(), rows.size());
    else
      arithmetic.from_floats(a.data(), m, k, rows.data());
    return rows;
  }

  // C [m, n] of A [m, k] and B [n, k], `before` in its place; elements as floats.
  std::vector<float> product(const std::vector<float>& a, const std::vector<float>& b,
                             const float* bias, const std::vector<float>& before, std::size_t ldc,
                             std::size_t m, std::size_t n, std::size_t k, Epilogue epilogue) const {
    std::vector<std::byte> packed(arithmetic.packed_size(n, k));
    arithmetic.pack(b.data(), k, 1, n, k, packed.data());
    std::vector<float> c = before;
    arithmetic.product(operands(a, m, k).data(), arithmetic.operand_size(k), packed.data(), bias,
                       c.data(), ldc, m, n, k, epilogue);
    const bool has_elements = epilogue == Epilogue::kElements || epilogue == Epilogue::kGelu;
    if (!has_elements || arithmetic.element_size == sizeof(float)) return c;
    std::vector<float> values(m * ldc, 0.0F);  // the gaps between rows are not compared
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t i = 0; i < n; ++i) values[r * ldc + i] = bfloat16_at(c.data(), r * ldc + i);
    return values;
  }

  static float bfloat16_at(const void* elements, std::size_t i) {
    std::uint16_t bits;
    std::memcpy(&bits, static_cast<const std::byte*>(elements) + 2 * i, sizeof bits);
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
  }
};

constexpr Precision kPrecisions[] = {Precision::kF32, Precision::kBf16, Precision::kInt8};

void expect_equal_products(const Products& own, const Products& defined, Precision precision,
                           std::size_t m, std::size_t n, std::size_t k) {
  const std::size_t ldc = n + 2;
  const std::vector<float> a = noise(m * k, 1), b = noise(n * k, 2), bias = noise(n, 3),
                           before = noise(m * ldc, 4);
  for (const Epilogue epilogue :
       {Epilogue::kStore, Epilogue::kAdd, Epilogue::kElements, Epilogue::kGelu}) {
    const float* with = epilogue == Epilogue::kStore ? nullptr : bias.data();
    const auto c = own.product(a, b, with, before, ldc, m, n, k, epilogue),
               expected = defined.product(a, b, with, before, ldc, m, n, k, epilogue);
    const bool rounded = precision != Precision::kF32 &&
                         (epilogue == Epilogue::kElements || epilogue == Epilogue::kGelu);
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t i = 0; i < n; ++i) {
        const double value = expected[r * ldc + i],
                     bound = 1e-6 * static_cast<double>(k + 2) +
                             (rounded ? 2e-4 + std::abs(value) / 128 : 0);
        ASSERT_NEAR(c[r * ldc + i], value, bound)
            << name_of(precision) << " " << m << "x" << n << "x" << k << " at " << r << ", " << i;
      }
  }
}

TEST_P(KernelSets, ProductAgreesWithThePlainOneForEveryTail) {
  for (const Precision precision : kPrecisions) {
    if (offered(set(), precision) == nullptr) continue;
    const Products own{*offered(set(), precision)}, defined{*offered(plain(), precision)};
    for (const std::size_t m : {1u, 2u, 5u, 6u, 8u, 9u, 17u, 25u})
      for (const std::size_t n : {1u, 7u, 8u, 15u, 16u, 17u, 31u, 33u, 64u, 67u})
        for (const std::size_t k : {1u, 2u, 3u, 6u, 64u, 192u}) {
          if (precision == Precision::kBf16 && k % 2 != 0) continue;
          ASSERT_NO_FATAL_FAILURE(expect_equal_products(own, defined, precision, m, n, k));
        }
  }
}

// A tile has at most 13 rows, or 32 in tile registers.
TEST_P(KernelSets, ProductAgreesWithThePlainOneForEveryHeightOfATile) {
  for (const Precision precision : kPrecisions) {
    if (offered(set(), precision) == nullptr) continue;
    const Products own{*offered(set(), precision)}, defined{*offered(plain(), precision)};
    for (std::size_t m = 1; m <= 66; m < 34 ? ++m : m += 16)
      for (const std::size_t n : {33u, 64u})
        for (const std::size_t k : {66u, 192u})
          ASSERT_NO_FATAL_FAILURE(expect_equal_products(own, defined, precision, m, n, k));
  }
}

TEST_P(KernelSets, AProductWritesNothingBesideItsColumns) {
  for (const Precision precision : kPrecisions) {
    const Arithmetic* arithmetic = offered(set(), precision);
    if (arithmetic == nullptr) continue;
    const Products own{*arithmetic};
    const std::size_t m = 13, n = 37, k = 8, ldc = 48;
    const std::vector<float> a = noise(m * k, 1), b = noise(n * k, 2);
    std::vector<std::byte> packed(arithmetic->packed_size(n, k));
    arithmetic->pack(b.data(), k, 1, n, k, packed.data());
    for (const Epilogue epilogue :
         {Epilogue::kStore, Epilogue::kAdd, Epilogue::kElements, Epilogue::kGelu}) {
      const bool has_elements = epilogue == Epilogue::kElements || epilogue == Epilogue::kGelu;
      const std::size_t size = has_elements ? arithmetic->element_size : sizeof(float);
      std::vector<std::byte> c(m * ldc * size, std::byte{0x3C});
      arithmetic->product(own.operands(a, m, k).data(), arithmetic->operand_size(k), packed.data(),
                          nullptr, c.data(), ldc, m, n, k, epilogue);
      for (std::size_t r = 0; r < m; ++r)
        for (std::size_t i = (r * ldc + n) * size; i < (r + 1) * ldc * size; ++i)
          ASSERT_EQ(c[i], std::byte{0x3C}) << name_of(precision) << " row " << r << ", byte " << i;
    }
  }
}

TEST_P(KernelSets, WhatIsNotFiniteStaysSoInEveryPrecision) {
  const std::size_t n = 32, k = 64;
  for (const Precision precision : kPrecisions) {
    if (offered(set(), precision) == nullptr) continue;
    const Products own{*offered(set(), precision)};
    for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity()})
      for (const std::size_t at : {0u, 17u, 63u}) {
        std::vector<float> a = noise(2 * k, 1), b = noise(n * k, 2);
        a[k + at] = wrong;  // in the second row
        const auto c =
            own.product(a, b, nullptr, std::vector<float>(2 * n), n, 2, n, k, Epilogue::kStore);
        for (std::size_t i = 0; i < n; ++i) {
          EXPECT_TRUE(std::isfinite(c[i])) << name_of(precision);
          EXPECT_FALSE(std::isfinite(c[n + i]))
              << name_of(precision) << " " << wrong << " at " << at;
        }
        a = noise(2 * k, 1);
        b[3 * k + at] = wrong;  // in the fourth channel
        const auto d =
            own.product(a, b, nullptr, std::vector<float>(2 * n), n, 2, n, k, Epilogue::kStore);
        EXPECT_FALSE(std::isfinite(d[3])) << name_of(precision) << " " << wrong << " at " << at;
        EXPECT_TRUE(std::isfinite(d[4])) << name_of(precision);
      }
  }
}

// Linux grants tile registers to a process when they are first asked for, which is_supported()
// does. Each test has a process of its own, so that nobody has asked before.
TEST(KernelSetsInThreads, TileRegistersServeAThreadThatWasThereBeforeTheyWereAskedFor) {
  const auto amx = std::find_if(all_sets().begin(), all_sets().end(),
                                [](const Set* s) { return s->name == std::string("amx"); });
  if (amx == all_sets().end()) GTEST_SKIP() << "this build has no tile registers";
  std::promise<bool> asked;
  std::vector<float> own, defined;
  std::thread before([&] {
    if (!asked.get_future().get()) return;
    const std::size_t m = 32, n = 64, k = 192;
    const std::vector<float> a = noise(m * k, 1), b = noise(n * k, 2), nothing(m * n);
    own = Products{*(*amx)->bf16}.product(a, b, nullptr, nothing, n, m, n, k, Epilogue::kStore);
    defined = Products{*plain().bf16}.product(a, b, nullptr, nothing, n, m, n, k, Epilogue::kStore);
  });
  const bool supported = (*amx)->is_supported();
  asked.set_value(supported);
  before.join();
  if (!supported) GTEST_SKIP() << "this machine has no tile registers, or may not use them";
  for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(own[i], defined[i], 2e-4) << i;
}

TEST_P(KernelSets, ARowOfAProductHasTheSameBitsInAnyCompany) {
  for (const Precision precision : kPrecisions) {
    if (offered(set(), precision) == nullptr) continue;
    const Products own{*offered(set(), precision)};
    const std::size_t n = 40, k = 64, m = 29;
    const std::vector<float> a = noise(m * k, 1), b = noise(n * k, 2), nothing(m * n);
    const auto together = own.product(a, b, nullptr, nothing, n, m, n, k, Epilogue::kStore);
    for (std::size_t r = 0; r < m; ++r) {
      const std::vector<float> row(a.begin() + static_cast<std::ptrdiff_t>(r * k),
                                   a.begin() + static_cast<std::ptrdiff_t>((r + 1) * k));
      const auto alone =
          own.product(row, b, nullptr, std::vector<float>(n), n, 1, n, k, Epilogue::kStore);
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(),
                             together.begin() + static_cast<std::ptrdiff_t>(r * n)))
          << name_of(precision) << " row " << r;
    }
  }
}

// The largest error of int8 is half a step on either side, of each of the k products.
TEST_P(KernelSets, Int8IsNearFloat32ByItsStepsAndZerosStayZero) {
  if (set().int8 == nullptr) GTEST_SKIP() << set().name << " offers no int8";
  const Products own{*set().int8}, exact{*plain().f32};
  const std::size_t m = 9, n = 33, k = 192;
  std::vector<float> a = noise(m * k, 1, 3), b = noise(n * k, 2, 0.1F);
  std::fill_n(a.begin(), k, 0.0F);
  const auto c = own.product(a, b, nullptr, std::vector<float>(m * n), n, m, n, k,
                             Epilogue::kStore),
             expected = exact.product(a, b, nullptr, std::vector<float>(m * n), n, m, n, k,
                                      Epilogue::kStore);
  double squares = 0;
  for (std::size_t i = 0; i < m * n; ++i) {
    if (i < n) {
      ASSERT_EQ(c[i], 0) << "a row of zeros";
    }
    squares += (c[i] - expected[i]) * (c[i] - expected[i]);
  }
  const double step_a = 3.0 / 127, step_b = 0.1 / 127, rms_a = 3 / std::sqrt(3.0),
               rms_b = 0.1 / std::sqrt(3.0),
               noise_of_steps = std::sqrt(
                   k / 12.0 * (step_a * step_a * rms_b * rms_b + step_b * step_b * rms_a * rms_a));
  EXPECT_LT(std::sqrt(squares / static_cast<double>(m * n)), 1.5 * noise_of_steps);
  EXPECT_GT(std::sqrt(squares / static_cast<double>(m * n)), 0) << "this is not float32";
}

TEST_P(KernelSets, QuantizedElementsAndFloatsOfTheSameValuesAreTheSameBytes) {
  if (set().int8 == nullptr) GTEST_SKIP() << set().name << " offers no int8";
  for (const std::size_t k : {4u, 16u, 20u, 64u, 192u}) {
    const std::size_t m = 5;
    std::vector<float> x = noise(m * k, 1, 3);
    std::vector<std::uint16_t> elements(m * k);
    set().bf16->from_floats(x.data(), m, k, elements.data());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = Products::bfloat16_at(elements.data(), i);
    std::vector<std::byte> of_floats(m * set().int8->operand_size(k)), of_elements = of_floats;
    set().int8->from_floats(x.data(), m, k, of_floats.data());
    set().int8->from_elements(elements.data(), m, k, of_elements.data());
    EXPECT_EQ(of_floats, of_elements) << k;
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
  for (const std::size_t m : {1u, 2u, 5u, 13u, 16u, 17u, 32u, 33u, 100u, 128u, 192u})
    for (const std::size_t queries : {m, (m + 1) / 2}) {
      const std::size_t ld = 3 * kHeadSize, ldo = kHeadSize + 5;
      const std::vector<float> qkv = noise(m * ld, 1, 2);
      auto mixed = [&](const Arithmetic& arithmetic, const void* q) {
        const auto at = [&](std::size_t i) {
          return static_cast<const std::byte*>(q) + i * arithmetic.element_size;
        };
        std::vector<float> out(queries * ldo, 7);
        std::vector<std::byte> scratch(arithmetic.attention_scratch(m) + 64);
        arithmetic.attention(
            q, at(kHeadSize), at(2 * kHeadSize), ld, queries, m, out.data(), ldo,
            scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64));
        return out;
      };
      const auto out = mixed(*set().f32, qkv.data()), expected = mixed(*plain().f32, qkv.data());
      for (std::size_t i = 0; i < out.size(); ++i)
        ASSERT_NEAR(out[i], expected[i], 3e-5) << m << " keys, at " << i;
      if (set().bf16 == nullptr) continue;
      std::vector<std::uint16_t> elements(m * ld);
      set().bf16->from_floats(qkv.data(), m, ld, elements.data());
      const auto rounded = mixed(*set().bf16, elements.data()),
                 defined = mixed(*plain().bf16, elements.data());
      for (std::size_t r = 0; r < queries; ++r)
        for (std::size_t c = 0; c < kHeadSize; ++c)
          ASSERT_NEAR(Products::bfloat16_at(rounded.data(), r * ldo + c),
                      Products::bfloat16_at(defined.data(), r * ldo + c), 2.0 / 64)
              << m << " keys, at " << r << ", " << c;
    }
}

TEST_P(KernelSets, ATokenIsTheSumOfItsTableRows) {
  const std::size_t k = 3, stride = 2, ldy = kTableSlice + 3;
  const std::vector<float> table = noise(k * kTableEntries * kTableSlice, 1);
  for (const std::size_t tokens : {9u, 300u}) {
    std::vector<unsigned short> ids(stride * (tokens - 1) + k);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<unsigned short>(i * 97 % 257);
    ids.back() = 256;
    std::vector<float> y(tokens * ldy, 7), expected = y;
    set().sum_rows(table.data(), ids.data(), tokens, stride, k, y.data(), ldy);
    plain().sum_rows(table.data(), ids.data(), tokens, stride, k, expected.data(), ldy);
    EXPECT_EQ(y, expected) << "sums in the same order are the same bits on every set";
  }
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

TEST(Precisions, APairThatIsNotOfferedIsAnErrorThatListsThePairs) {
  for (const Set* set : all_sets()) {
    if (set->int8 != nullptr) continue;
    try {
      arithmetic_of(*set, Precision::kInt8);
      FAIL() << set->name;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("plain int8"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace byteformer::kernels
