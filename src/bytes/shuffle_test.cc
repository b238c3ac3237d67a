#include "bytes/shuffle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <string>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;

const std::map<std::string, ShuffleMode> kModes = {
    {"reverse", ShuffleMode::kReverse},
    {"random_shuffle", ShuffleMode::kRandomShuffle},
    {"cyclic_half_length", ShuffleMode::kCyclicHalfLength},
    {"stride", ShuffleMode::kStride},
    {"window_shuffle", ShuffleMode::kWindowShuffle},
};

TEST(ByteShuffle, GivesTheReferencesBytes) {
  std::size_t held = 0;
  for (const auto& c : golden::index_of("byte_transforms", "cases")) {
    if (c["transform"] != "shuffle_bytes") continue;
    Random random(c["torch_manual_seed"].get<std::uint64_t>());
    const ByteShuffle shuffle({kModes.at(c["mode"]), c["stride"], c["window_size"]}, random);
    const Bytes in =
        golden::bytes_of("byte_transforms/in_" + std::to_string(c["input"].get<int>()) + ".u8");
    EXPECT_EQ(shuffle(in, random),
              golden::bytes_of("byte_transforms/" + c["output"]["file"].get<std::string>()))
        << c;
    ++held;
  }
  EXPECT_EQ(held, 44U);
}

TEST(ByteShuffle, EveryModeKeepsEveryByteOfEveryLength) {
  for (const auto& [name, mode] : kModes)
    for (std::size_t n = 0; n < 40; ++n)
      for (const std::size_t step : {1, 2, 7, 39, 40, 41}) {
        Random random(n);
        Bytes in(n);
        std::iota(in.begin(), in.end(), std::uint8_t{100});
        Bytes out = ByteShuffle({mode, step, step}, random)(in, random);
        std::ranges::sort(out);
        EXPECT_EQ(out, in) << name << ", stride and window " << step;
      }
}

TEST(ByteShuffle, RandomShuffleDiffersFromFileToFileAndWindowShuffleDoesNot) {
  Bytes in(64);
  std::iota(in.begin(), in.end(), std::uint8_t{0});
  Random random(1);
  const ByteShuffle whole({.mode = ShuffleMode::kRandomShuffle}, random);
  EXPECT_NE(whole(in, random), whole(in, random));
  const ByteShuffle windows({.mode = ShuffleMode::kWindowShuffle, .window_size = 32}, random);
  EXPECT_EQ(windows(in, random), windows(in, random));
  EXPECT_NE(windows(in, random), in);
  const ByteShuffle next_batch({.mode = ShuffleMode::kWindowShuffle, .window_size = 32}, random);
  EXPECT_NE(next_batch(in, random), windows(in, random));
}

TEST(ByteShuffle, TheLargestStrideLeavesTheOrder) {
  Random random(1);
  const Bytes in = {3, 1, 2};
  const ByteShuffle shuffle(
      {.mode = ShuffleMode::kStride, .stride = std::numeric_limits<std::size_t>::max()}, random);
  EXPECT_EQ(shuffle(in, random), in);
}

TEST(ByteShuffle, RefusesStridesAndWindowsThatCannotBe) {
  Random random(1);
  EXPECT_THROW(ByteShuffle({.stride = 0}, random), ConfigError);
  EXPECT_THROW(ByteShuffle({.window_size = 0}, random), ConfigError);
  EXPECT_THROW(ByteShuffle({.window_size = kLargestShuffleWindow + 1}, random), ConfigError);
  EXPECT_THROW(ByteShuffle({.window_size = std::numeric_limits<std::size_t>::max()}, random),
               ConfigError);
}

}  // namespace
}  // namespace byteformer
