#include "data/rand_augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

// The reference's names, in the order of AugmentOperation.
constexpr std::array<const char*, kAugmentOperations> kNames = {
    "Identity", "ShearX",   "ShearY",    "TranslateX", "TranslateY", "Rotate",       "Brightness",
    "Color",    "Contrast", "Sharpness", "Posterize",  "Solarize",   "AutoContrast", "Equalize"};

AugmentOperation operation_of(const std::string& name) {
  const auto at = std::ranges::find(kNames, name);
  EXPECT_NE(at, kNames.end()) << name;
  return static_cast<AugmentOperation>(at - kNames.begin());
}

AugmentStep step_of(const nlohmann::json& golden_case) {
  return {operation_of(golden_case["op"]), golden_case["magnitude"]};
}

Image random_image(std::size_t width, std::size_t height) {
  Random random(width * 1000 + height);
  Image image{width, height, std::vector<std::uint8_t>(3 * width * height)};
  for (std::uint8_t& byte : image.rgb) byte = static_cast<std::uint8_t>(random.next());
  return image;
}

TEST(RandAugment, EveryOperationGivesTheReferencesPixels) {
  const Image image{32, 32, golden::bytes_of("augment/input_32x32.u8")};
  std::size_t held = 0;
  for (const auto& c : golden::index_of("augment", "ops")) {
    EXPECT_EQ(augmented(image, step_of(c)).rgb,
              golden::bytes_of("augment/" + c["output"]["file"].get<std::string>()))
        << c;
    ++held;
  }
  EXPECT_EQ(held, 23U);
}

TEST(RandAugment, EveryOperationGivesTheReferencesPixelsAtTheSizeOfTheRecipes) {
  const Image image{224, 224, golden::bytes_of("augment/input_224x224.u8")};
  std::size_t held = 0;
  for (const auto& c : golden::index_of("augment", "ops_224")) {
    EXPECT_EQ(golden::sha256(augmented(image, step_of(c)).rgb), c["sha256"]) << c;
    ++held;
  }
  EXPECT_EQ(held, 23U);
}

nlohmann::json reference_tables() {
  return nlohmann::json::parse(
      golden::bytes_of("recipes/image_training_augmentation.json"))["rand_augment"]["ops"];
}

TEST(RandAugment, TheMagnitudeOfEveryBinIsTheReferences) {
  const nlohmann::json tables = reference_tables();
  ASSERT_EQ(tables.size(), kAugmentOperations);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    ASSERT_EQ(tables[i]["op"], kNames[i]);  // the order is that of the draws
    const auto operation = static_cast<AugmentOperation>(i);
    for (std::size_t bin = 0; bin < 31; ++bin) {
      const double expected =
          tables[i]["magnitudes"].is_null() ? 0.0 : tables[i]["magnitudes"][bin].get<double>();
      EXPECT_EQ(magnitude_of(operation, bin, 31, 224, 224), expected)
          << kNames[i] << ", bin " << bin;
    }
  }
}

TEST(RandAugment, TranslationsGrowWithTheirOwnSide) {
  EXPECT_EQ(magnitude_of(AugmentOperation::kTranslateX, 30, 31, 331, 662), 150);
  EXPECT_EQ(magnitude_of(AugmentOperation::kTranslateY, 30, 31, 331, 662), 300);
}

TEST(RandAugment, DrawsEveryOperationAndBothSignsEquallyOften) {
  const nlohmann::json tables = reference_tables();
  constexpr int kDraws = 28000;
  Random random(4);
  std::map<AugmentOperation, std::map<double, int>> counts;  // by operation and magnitude
  for (int i = 0; i < kDraws / 2; ++i)
    for (const AugmentStep& step : draw_rand_augment({}, 224, 224, random))
      ++counts[step.operation][step.magnitude];
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto& by_magnitude = counts[static_cast<AugmentOperation>(i)];
    const double used = tables[i]["used_magnitude"];
    if (tables[i]["signed"]) {
      EXPECT_EQ(by_magnitude.size(), 2U) << kNames[i];
      EXPECT_NEAR(by_magnitude.at(used), 1000, 150) << kNames[i];
      EXPECT_NEAR(by_magnitude.at(-used), 1000, 150) << kNames[i];
    } else {
      EXPECT_EQ(by_magnitude.size(), 1U) << kNames[i];
      EXPECT_NEAR(by_magnitude.at(used), 2000, 200) << kNames[i];
    }
  }
}

TEST(RandAugment, ASignIsDrawnOnlyWhereThereIsOne) {
  Random random(11), by_hand(11);
  const auto steps = draw_rand_augment({.operations = 50}, 224, 224, random);
  for (const AugmentStep& step : steps) {
    EXPECT_EQ(static_cast<std::int64_t>(step.operation), by_hand.below(14));
    if (reference_tables()[static_cast<std::size_t>(step.operation)]["signed"]) {
      EXPECT_EQ(step.magnitude < 0, by_hand.below(2) == 1);
    }
  }
  EXPECT_EQ(random.next(), by_hand.next());
}

TEST(RandAugment, TheWeakestMagnitudeLeavesThePictureAsItIs) {
  const Image image = random_image(20, 13);
  for (std::size_t i = 0; i < kAugmentOperations; ++i) {
    const auto operation = static_cast<AugmentOperation>(i);
    if (operation == AugmentOperation::kSolarize || operation == AugmentOperation::kAutoContrast ||
        operation == AugmentOperation::kEqualize)
      continue;  // solarize inverts 255 at its weakest; the others have no strength
    const AugmentStep step{operation, magnitude_of(operation, 0, 31, 20, 13)};
    EXPECT_EQ(augmented(image, step).rgb, image.rgb) << kNames[i];
  }
}

TEST(RandAugment, EveryOperationTakesPicturesOfAnyShapeAndAnyMagnitude) {
  for (const std::size_t width : {1U, 2U, 3U, 64U})
    for (const std::size_t height : {1U, 2U, 3U, 64U})
      for (std::size_t i = 0; i < kAugmentOperations; ++i)
        for (const double magnitude : {-kLargestMagnitude, -91.0, -1.0, 0.0, 0.3, 7.5, 8.0, 1e6}) {
          const AugmentStep step{static_cast<AugmentOperation>(i), magnitude};
          if (step.operation == AugmentOperation::kPosterize && (magnitude < 0 || magnitude > 8))
            continue;
          const Image out = augmented(random_image(width, height), step);
          EXPECT_EQ(out.rgb.size(), 3 * width * height);
        }
}

TEST(RandAugment, RefusesWhatCannotBe) {
  Random random(1);
  EXPECT_THROW(draw_rand_augment({.operations = 101}, 9, 9, random), ConfigError);
  EXPECT_THROW(draw_rand_augment({.magnitude = 31}, 9, 9, random), ConfigError);
  EXPECT_THROW(draw_rand_augment({.magnitude = 0, .bins = 0}, 9, 9, random), ConfigError);
  EXPECT_THROW(draw_rand_augment({.bins = 1001}, 9, 9, random), ConfigError);
  EXPECT_THROW(augmented({}, {}), UsageError);
  const Image image = random_image(2, 2);
  EXPECT_THROW(augmented(image, {AugmentOperation::kPosterize, 8.5}), UsageError);
  EXPECT_THROW(augmented(image, {AugmentOperation::kPosterize, -1}), UsageError);
  for (const double magnitude : {static_cast<double>(NAN), HUGE_VAL, -HUGE_VAL, 1.1e6})
    EXPECT_THROW(augmented(image, {AugmentOperation::kRotate, magnitude}), UsageError);
}

}  // namespace
}  // namespace byteformer
