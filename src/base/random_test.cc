#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace byteformer {
namespace {

constexpr std::uint64_t kReferenceSeed =
    2147483647;  // of kept positions and of the byte permutation

std::string golden(const std::string& name) {
  std::ifstream in(std::string(BYTEFORMER_GOLDEN) + "/byte_transforms/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

// The first `count` indices of the permutation, in ascending order: what the reference's
// mask_positions keeps.
std::vector<std::size_t> kept_positions(std::size_t n, std::size_t count) {
  std::vector<std::size_t> kept = Random(kReferenceSeed).permutation(n);
  kept.resize(count);
  std::sort(kept.begin(), kept.end());
  return kept;
}

TEST(Random, DrawsWhatTheStandardSaysOfMt19937) {
  Random random(5489);  // the standard's default seed; its 10000th draw is 4123659995
  for (int i = 0; i < 9999; ++i) random.next();
  EXPECT_EQ(random.next(), 4123659995u);
}

TEST(Random, TakesTheLowThirtyTwoBitsOfTheSeedAsTorchDoes) {
  EXPECT_EQ(Random(7).next(), Random(7 + (std::uint64_t{1} << 32)).next());
  EXPECT_NE(Random(7).next(), Random(8).next());
}

TEST(Random, PermutationOfBytesIsTheReferencesTable) {
  const std::vector<std::size_t> table = Random(kReferenceSeed).permutation(256);
  const std::vector<std::size_t> first = {239, 90,  81, 175, 9,   100, 40, 32,
                                          111, 206, 99, 71,  212, 164, 97, 199};
  EXPECT_EQ(std::vector<std::size_t>(table.begin(), table.begin() + 16), first);
  const std::string in = golden("in_5000.u8"), out = golden("byte_permutation_5000.u8");
  ASSERT_EQ(in.size(), 5000u);
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_EQ(static_cast<unsigned char>(out[i]), table[static_cast<unsigned char>(in[i])])
        << "at " << i;
}

TEST(Random, PermutationGivesTheReferencesKeptPositions) {
  const std::string recorded = golden("mask_positions_0.03_150528.u32");
  std::vector<std::uint32_t> expected(recorded.size() / 4);
  std::memcpy(expected.data(), recorded.data(), recorded.size());
  ASSERT_EQ(expected.size(), 4515u);
  const std::vector<std::size_t> kept = kept_positions(150528, expected.size());
  EXPECT_TRUE(std::equal(kept.begin(), kept.end(), expected.begin()));
}

TEST(Random, PermutationGivesTheReferencesMaskedFiles) {
  for (std::size_t n : {1u, 2u, 7u, 1023u, 1024u, 1025u, 2500u, 5000u}) {
    const std::string in = golden("in_" + std::to_string(n) + ".u8");
    const std::string expected = golden("mask/0.25_" + std::to_string(n) + ".u8");
    std::string out;
    for (std::size_t i : kept_positions(n, n / 4)) out += in[i];
    EXPECT_EQ(out, expected) << n << " bytes";
  }
}

TEST(Random, PermutationOfNoneAndOneDrawsNothing) {
  Random random(3);
  EXPECT_TRUE(random.permutation(0).empty());
  EXPECT_EQ(random.permutation(1), std::vector<std::size_t>{0});
  EXPECT_EQ(random.next(), Random(3).next());
}

TEST(Random, NumbersStayInTheirRange) {
  Random random(11);
  for (int i = 0; i < 10000; ++i) {
    const float u = random.uniform();
    ASSERT_GE(u, 0.0F);
    ASSERT_LT(u, 1.0F);
    ASSERT_LT(random.below(7), 7);
  }
}

TEST(Random, MixedSeedsDifferByEveryPart) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (std::uint64_t epoch = 0; epoch < 10; ++epoch)
      for (std::uint64_t sample = 0; sample < 10; ++sample)
        seeds.insert(mix_seed(seed, epoch, sample));
  EXPECT_EQ(seeds.size(), 1000u);
}

}  // namespace
}  // namespace byteformer
