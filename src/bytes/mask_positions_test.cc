#include "bytes/mask_positions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(PositionMask, GivesTheReferencesBytes) {
  std::size_t held = 0;
  for (const auto& c : golden::index_of("byte_transforms", "cases")) {
    if (c["transform"] != "mask_positions") continue;
    const Bytes in =
        golden::bytes_of("byte_transforms/in_" + std::to_string(c["input"].get<int>()) + ".u8");
    EXPECT_EQ(PositionMask(in.size(), c["keep_frac"])(in),
              golden::bytes_of("byte_transforms/" + c["output"]["file"].get<std::string>()))
        << c;
    ++held;
  }
  EXPECT_EQ(held, 48U);
}

TEST(PositionMask, KeepsTheReferencesPositionsOfTheCamera) {
  std::size_t held = 0;
  for (const auto& c : golden::index_of("byte_transforms", "mask_positions_224")) {
    const PositionMask mask(c["n"], c["keep_frac"]);
    EXPECT_EQ(mask.kept().size(), c["kept"]);
    Bytes little_endian;
    for (const std::size_t position : mask.kept())
      for (int shift = 0; shift < 32; shift += 8)
        little_endian.push_back(static_cast<std::uint8_t>(position >> shift));
    EXPECT_EQ(golden::sha256(little_endian), c["sha256_of_u32"]) << c["keep_frac"];
    ++held;
  }
  EXPECT_EQ(held, 6U);
}

TEST(PositionMask, AFractionOfOneKeepsTheFileAndATinyOneNothing) {
  const Bytes in = {5, 4, 3, 2};
  EXPECT_EQ(PositionMask(4, 1)(in), in);
  EXPECT_TRUE(PositionMask(4, 1e-300)(in).empty());
  EXPECT_TRUE(PositionMask(0, 0.5)({}).empty());
}

TEST(PositionMask, AFileOfAnotherLengthIsAnErrorAsInTheReference) {
  const PositionMask mask(192, 0.5);
  EXPECT_THROW(mask(Bytes(189)), UsageError);
  EXPECT_THROW(mask(Bytes(193)), UsageError);
}

TEST(PositionMask, RefusesFractionsThatCannotBe) {
  for (const double fraction : {0.0, -0.1, 1.0001, static_cast<double>(NAN), HUGE_VAL})
    EXPECT_THROW(PositionMask(7, fraction), ConfigError) << fraction;
}

}  // namespace
}  // namespace byteformer
