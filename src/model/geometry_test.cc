#include "model/geometry.h"

#include <gtest/gtest.h>

#include <limits>

namespace byteformer {
namespace {

TEST(TokensFor, CountsTheKernelsThatFit) {
  EXPECT_EQ(tokens_for(150668, 32), 9415u);  // TIFF of the paper
  EXPECT_EQ(tokens_for(150528, 32), 9407u);  // fCHW
  EXPECT_EQ(tokens_for(48564, 8), 12140u);
  EXPECT_EQ(tokens_for(7, 3), 5u);  // odd kernel: stride 1
}

TEST(TokensFor, AFileShorterThanTheKernelIsOneToken) {
  for (std::size_t bytes : {0u, 1u, 31u, 32u, 47u}) EXPECT_EQ(tokens_for(bytes, 32), 1u) << bytes;
  EXPECT_EQ(tokens_for(48, 32), 2u);
}

TEST(TokensFor, WithoutAStemIsOneAByteAndAtLeastOne) {
  EXPECT_EQ(tokens_for(0, 0), 1u);
  EXPECT_EQ(tokens_for(9, 0), 9u);
}

TEST(MaxBytesFor, OneByteMoreMakesOneTokenMore) {
  for (std::size_t k : {0u, 2u, 3u, 4u, 5u, 16u, 32u})
    for (std::size_t n = 1; n < 40; ++n) {
      const std::size_t bytes = max_bytes_for(n, k);
      EXPECT_EQ(tokens_for(bytes, k), n) << "k " << k;
      EXPECT_EQ(tokens_for(bytes + 1, k), n + 1) << "k " << k;
    }
}

TEST(MaxBytesFor, DoesNotWrap) {
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(max_bytes_for(most, 32), most);
  EXPECT_EQ(max_bytes_for(most / 2, 32), most);
}

TEST(IdsOf, AreTheUnsignedBytesFilledUpToTheKernel) {
  const std::vector<std::uint8_t> bytes = {0, 255, 128};
  EXPECT_EQ(ids_of(bytes, 2), (std::vector<std::int32_t>{0, 255, 128}));
  EXPECT_EQ(ids_of(bytes, 5), (std::vector<std::int32_t>{0, 255, 128, -1, -1}));
  EXPECT_EQ(ids_of({}, 0), (std::vector<std::int32_t>{-1}));
}

std::vector<bool> real(std::vector<std::int32_t> ids, std::size_t k) { return real_tokens(ids, k); }

TEST(RealTokens, AreThoseOfTheFileAlone) {
  const std::vector<bool> all = {true, true, true};
  EXPECT_EQ(real({1, 2, 3, 4, 5, 6, 7, 8}, 4), all);
  // 7 bytes make 2 tokens alone, so the third is padding although it would hold a byte.
  EXPECT_EQ(real({1, 2, 3, 4, 5, 6, 7, -1}, 4), (std::vector<bool>{true, true, false}));
}

TEST(RealTokens, LeaveOutARunOfPaddingInsideTheFile) {
  EXPECT_EQ(real({1, -1, -1, -1, -1, -1, 7, 8}, 4), (std::vector<bool>{true, false, true}));
}

TEST(RealTokens, AFileShorterThanTheKernelHasOneAndAnEmptyOneNone) {
  EXPECT_EQ(real({0, -1, -1, -1, -1, -1}, 4), (std::vector<bool>{true, false}));
  EXPECT_EQ(real({-1, -1, -1, -1, -1, -1}, 4), (std::vector<bool>{false, false}));
}

TEST(RealTokens, NulBytesAreData) { EXPECT_EQ(real({0, 0, 0, 0}, 4), std::vector<bool>{true}); }

TEST(RealTokens, WithoutAStemAreTheBytes) {
  EXPECT_EQ(real({3, -1, 4, -1}, 0), (std::vector<bool>{true, false, true, false}));
}

}  // namespace
}  // namespace byteformer
