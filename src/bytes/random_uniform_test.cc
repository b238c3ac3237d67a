#include "bytes/random_uniform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

TEST(RandomUniform, GivesTheReferencesBytes) {
  std::size_t held = 0;
  for (const auto& c : golden::index_of("byte_transforms", "cases")) {
    if (c["transform"] != "random_uniform") continue;
    std::vector<std::uint8_t> bytes =
        golden::bytes_of("byte_transforms/in_" + std::to_string(c["input"].get<int>()) + ".u8");
    Random random(c["torch_manual_seed"].get<std::uint64_t>());
    add_random_uniform(bytes, c["width_range"][0], c["width_range"][1], random);
    EXPECT_EQ(bytes, golden::bytes_of("byte_transforms/" + c["output"]["file"].get<std::string>()))
        << c;
    ++held;
  }
  EXPECT_EQ(held, 4U);
}

TEST(RandomUniform, ReachesBothEndsEquallyOftenAndWrapsAround) {
  std::vector<std::uint8_t> bytes(30000, 0);
  Random random(5);
  add_random_uniform(bytes, -1, 1, random);
  for (const int value : {255, 0, 1})
    EXPECT_NEAR(static_cast<double>(std::ranges::count(bytes, value)), 10000, 400) << value;
}

TEST(RandomUniform, AnyRangeOfIntegersIsTakenModulo256) {
  std::vector<std::uint8_t> bytes(10, 7);
  Random random(5);
  add_random_uniform(bytes, 512, 512, random);
  EXPECT_EQ(bytes, std::vector<std::uint8_t>(10, 7));
  add_random_uniform(bytes, std::numeric_limits<std::int32_t>::min(),
                     std::numeric_limits<std::int32_t>::max(), random);
  EXPECT_NE(bytes, std::vector<std::uint8_t>(10, 7));
}

TEST(RandomUniform, RefusesARangeThatIsUpsideDown) {
  Random random(5);
  EXPECT_THROW(add_random_uniform({}, 5, -5, random), ConfigError);
}

}  // namespace
}  // namespace byteformer
