#include "data/random_erasing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

TEST(RandomErasing, DrawsTheReferencesBoxes) {
  std::size_t held = 0;
  for (const auto& c : golden::index_of("augment", "random_erasing_draws")) {
    Random random(c["torch_manual_seed"].get<std::uint64_t>());
    const std::optional<Box> box = draw_erased_box(c["width"], c["height"], random);
    ASSERT_EQ(!box, c["nothing_erased"].get<bool>()) << c;
    if (box) {
      EXPECT_EQ(nlohmann::json({box->top, box->left, box->height, box->width}),
                c["top_left_height_width"])
          << c;
    }
    ++held;
  }
  EXPECT_EQ(held, 30U);
}

TEST(RandomErasing, GivesTheReferencesPixels) {
  const auto example = golden::index_of("augment", "erase_example");
  Image image{32, 32, golden::bytes_of("augment/input_32x32.u8")};
  Random random(example["torch_manual_seed"].get<std::uint64_t>());
  const std::optional<Box> box = draw_random_erasing(example["p"], 32, 32, random);
  ASSERT_TRUE(box);
  // The first and the last that are erased.
  EXPECT_EQ(nlohmann::json({box->top, box->top + box->height - 1}), example["rows"]);
  EXPECT_EQ(nlohmann::json({box->left, box->left + box->width - 1}), example["columns"]);
  erase_box(image, *box);
  EXPECT_EQ(image.rgb, golden::bytes_of("augment/erase.u8"));
}

TEST(RandomErasing, HappensWithItsProbabilityAndCoversTheAreaThatItShould) {
  Random random(7);
  int erased = 0, never = 0;
  double area = 0;
  for (int i = 0; i < 10000; ++i) {
    never += draw_random_erasing(0, 224, 224, random) ? 1 : 0;
    const std::optional<Box> box = draw_random_erasing(0.25, 224, 224, random);
    if (!box) continue;
    ++erased;
    area += static_cast<double>(box->width * box->height) / (224 * 224);
  }
  EXPECT_EQ(never, 0);
  EXPECT_NEAR(erased, 2500, 150);
  EXPECT_NEAR(area / erased, 0.175, 0.01);  // the middle of 2 and 33 %; few boxes are too long
}

TEST(RandomErasing, RefusesABoxThatLeavesThePicture) {
  Image image{2, 2, std::vector<std::uint8_t>(12, 1)};
  EXPECT_THROW(erase_box(image, {.top = 1, .left = 0, .height = 2, .width = 1}), UsageError);
  erase_box(image, {.top = 2, .left = 2, .height = 0, .width = 0});
  EXPECT_EQ(std::ranges::count(image.rgb, 1), 12);
  erase_box(image, {.top = 0, .left = 0, .height = 2, .width = 2});
  EXPECT_EQ(std::ranges::count(image.rgb, 0), 12);
}

}  // namespace
}  // namespace byteformer
