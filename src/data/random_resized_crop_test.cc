#include "data/random_resized_crop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

TEST(RandomResizedCrop, GivesTheReferencesPixels) {
  const Image image{32, 32, golden::bytes_of("augment/input_32x32.u8")};
  std::size_t held = 0;
  for (const auto& c : golden::index_of("augment", "crops")) {
    const Box box{.top = c["top"], .left = c["left"], .height = c["height"], .width = c["width"]};
    const std::size_t height = c["size"][0], width = c["size"][1];
    const Image out = resized_crop(image, box, width, height, Interpolation::kBicubic);
    EXPECT_EQ(out.rgb, golden::bytes_of("augment/" + c["output"]["file"].get<std::string>())) << c;
    ++held;
  }
  EXPECT_EQ(held, 4U);
}

TEST(RandomResizedCrop, DrawsTheReferencesBoxes) {
  std::size_t held = 0;
  for (const auto& c : golden::index_of("augment", "random_resized_crop_draws")) {
    Random random(c["torch_manual_seed"].get<std::uint64_t>());
    const Box box = draw_crop({}, c["width"], c["height"], random);
    EXPECT_EQ(nlohmann::json({box.top, box.left, box.height, box.width}),
              c["top_left_height_width"])
        << c;
    ++held;
  }
  EXPECT_EQ(held, 30U);
}

TEST(RandomResizedCrop, SpreadsAreaAspectAndPlaceEvenly) {
  constexpr std::size_t kSide = 1000, kDraws = 20000;
  Random random(1);
  std::array<int, 4> areas{}, aspects{}, places{};
  for (std::size_t i = 0; i < kDraws; ++i) {
    // Small enough that nearly every attempt fits: no draw is rejected for its sides.
    const Box box = draw_crop({.scale = {0.1, 0.5}, .aspect = {0.5, 2}}, kSide, kSide, random);
    const double area = static_cast<double>(box.width * box.height) / (kSide * kSide);
    const double log_aspect =
        std::log2(static_cast<double>(box.width) / static_cast<double>(box.height));
    const double place = static_cast<double>(box.left) / static_cast<double>(kSide - box.width + 1);
    auto count = [](std::array<int, 4>& bins, double share) {
      ++bins[static_cast<std::size_t>(std::clamp(share * 4, 0.0, 3.0))];
    };
    count(areas, (area - 0.1) / 0.4);
    count(aspects, (log_aspect + 1) / 2);
    count(places, place);
  }
  for (const auto& bins : {areas, aspects, places})
    for (const int bin : bins) EXPECT_NEAR(bin, kDraws / 4, 400);
}

TEST(RandomResizedCrop, TheBoxLiesWithinAPictureOfAnyShape) {
  Random random(1);
  for (const std::size_t width : {1U, 2U, 5U, 300U, 1U << 20})
    for (const std::size_t height : {1U, 2U, 7U, 400U, 1U << 20})
      for (const CropRange& range :
           {CropRange{}, CropRange{.scale = {1e-30, 1e-30}, .aspect = {1, 1}},
            CropRange{.scale = {1e30, 1e30}, .aspect = {1e-30, 1e-30}},
            CropRange{.scale = {0.5, 1}, .aspect = {1e30, 1e30}}}) {
        const Box box = draw_crop(range, width, height, random);
        EXPECT_GE(box.width, 1U);
        EXPECT_GE(box.height, 1U);
        EXPECT_LE(box.left + box.width, width);
        EXPECT_LE(box.top + box.height, height);
      }
}

TEST(RandomResizedCrop, RefusesRangesAndBoxesThatCannotBe) {
  Random random(1);
  const double inf = HUGE_VAL, nan = static_cast<double>(NAN);
  for (const Interval& wrong : {Interval{0, 1}, Interval{-1, 1}, Interval{2, 1}, Interval{1, inf},
                                Interval{nan, 1}, Interval{1, nan}}) {
    EXPECT_THROW(draw_crop({.scale = wrong}, 9, 9, random), ConfigError);
    EXPECT_THROW(draw_crop({.aspect = wrong}, 9, 9, random), ConfigError);
  }
  const Image image{2, 2, std::vector<std::uint8_t>(12)};
  EXPECT_THROW(resized_crop(image, {0, 0, 3, 1}, 4, 4, Interpolation::kBicubic), UsageError);
  EXPECT_THROW(resized_crop(image, {0, 0, 0, 1}, 4, 4, Interpolation::kBicubic), UsageError);
}

}  // namespace
}  // namespace byteformer
