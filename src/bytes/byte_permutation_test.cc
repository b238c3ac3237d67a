#include "bytes/byte_permutation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

TEST(BytePermutation, IsTheReferencesTable) {
  EXPECT_EQ(nlohmann::json(reference_byte_permutation()),
            golden::index_of("byte_transforms", "byte_permutation_table"));
}

TEST(BytePermutation, HasEveryValueOnce) {
  ByteTable table = reference_byte_permutation();
  std::ranges::sort(table);
  for (std::size_t value = 0; value < table.size(); ++value) EXPECT_EQ(table[value], value);
}

TEST(BytePermutation, GivesTheReferencesBytes) {
  std::vector<std::uint8_t> bytes = golden::bytes_of("byte_transforms/in_5000.u8");
  permute_bytes(bytes, reference_byte_permutation());
  EXPECT_EQ(bytes, golden::bytes_of("byte_transforms/byte_permutation_5000.u8"));
}

}  // namespace
}  // namespace byteformer
