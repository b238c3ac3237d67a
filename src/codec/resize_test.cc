#include "codec/resize.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/random.h"
#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Every picture whose decoded pixels are recorded: all that the reference could read but
// png_rgb_256x224.png, of which there is only a digest.
struct Recorded {
  Image decoded;
  nlohmann::json index;
};

std::vector<Recorded> recorded() {
  std::vector<Recorded> all;
  for (const auto& file : golden::index_of("eval_images", "files")) {
    if (!file["readable"] || !file["decoded"].contains("file")) continue;
    all.push_back({{file["width"], file["height"],
                    golden::bytes_of("eval_images/" + file["decoded"]["file"].get<std::string>())},
                   file});
  }
  EXPECT_EQ(all.size(), 40U);
  return all;
}

Image random_image(std::size_t width, std::size_t height) {
  Random random(width * 1000 + height);
  Image image{width, height, Bytes(3 * width * height)};
  for (std::uint8_t& byte : image.rgb) byte = static_cast<std::uint8_t>(random.next());
  return image;
}

TEST(ResizeAndCenterCrop, GivesTheReferencesEvaluationPixels) {
  for (const auto& [decoded, index] : recorded()) {
    const Image crop = resize_and_center_crop(decoded, 256, 224, Interpolation::kBicubic);
    EXPECT_EQ(crop.width, 224U);
    EXPECT_EQ(crop.height, 224U);
    EXPECT_EQ(golden::sha256(crop.rgb), index["256_224"]["sha256"]) << index["source"];
  }
}

TEST(ResizeAndCenterCrop, GivesTheReferencesPixelsWhereTheCropIsSmallerOrLarger) {
  for (const auto& [decoded, index] : recorded())
    for (const auto& [size, crop_size, name] :
         {std::tuple{20, 16, "20_16"}, std::tuple{16, 20, "16_20"}})
      EXPECT_EQ(resize_and_center_crop(decoded, static_cast<std::size_t>(size),
                                       static_cast<std::size_t>(crop_size), Interpolation::kBicubic)
                    .rgb,
                golden::bytes_of("eval_images/" + index[name]["file"].get<std::string>()))
          << name << " of " << index["source"];
}

TEST(ResizeAndCenterCrop, EqualsTheTwoStepsOneAfterTheOther) {
  using Size = std::pair<std::size_t, std::size_t>;
  for (const auto& [width, height] : {Size{61, 47}, {47, 61}, {30, 31}, {1, 9}, {9, 1}, {8, 8}})
    for (const std::size_t size : {1U, 7U, 8U, 30U})
      for (const std::size_t crop_size : {1U, 6U, 7U, 8U, 33U})
        for (const auto interpolation : {Interpolation::kBilinear, Interpolation::kBicubic}) {
          const Image image = random_image(width, height);
          EXPECT_EQ(resize_and_center_crop(image, size, crop_size, interpolation).rgb,
                    center_crop(resize_shorter_side(image, size, interpolation), crop_size).rgb)
              << width << " x " << height << " to " << size << ", crop of " << crop_size;
        }
}

TEST(ResizeAndCenterCrop, APictureOfOneRowNeedsNoMoreMemoryThanItsCrop) {
  // Resized as a whole, it would be 256 rows of 51.2 million pixels: 39 GB.
  const Image crop =
      resize_and_center_crop({200000, 1, Bytes(600000, 9)}, 256, 224, Interpolation::kBicubic);
  EXPECT_EQ(crop.rgb, Bytes(3 * 224 * 224, 9));
}

TEST(Resize, KeepsAPictureOfOneColour) {
  for (const std::size_t side : {1U, 2U, 9U, 100U})
    EXPECT_EQ(resize({7, 5, Bytes(3 * 7 * 5, 201)}, side, side, Interpolation::kBicubic).rgb,
              Bytes(3 * side * side, 201));
}

TEST(Resize, ToTheSameSizeChangesNothing) {
  const Image image = random_image(13, 11);
  EXPECT_EQ(resize(image, 13, 11, Interpolation::kBicubic).rgb, image.rgb);
}

TEST(Resize, BilinearAveragesNeighboursAndBicubicOvershoots) {
  const Image edge{4, 1, {0, 0, 0, 0, 0, 0, 200, 200, 200, 200, 200, 200}};
  EXPECT_EQ(resize(edge, 2, 1, Interpolation::kBilinear).rgb, (Bytes{29, 29, 29, 171, 171, 171}));
  const Image larger = resize(edge, 8, 1, Interpolation::kBicubic);
  EXPECT_GT(larger.rgb[3 * 5], 200);
}

TEST(ResizeShorterSide, TruncatesTheOtherSide) {
  const Image image = resize_shorter_side(random_image(10, 7), 5, Interpolation::kBilinear);
  EXPECT_EQ(image.width, 7U);  // 7.14
  EXPECT_EQ(image.height, 5U);
  EXPECT_EQ(resize_shorter_side(random_image(7, 13), 5, Interpolation::kBilinear).height, 9U);
}

TEST(CenterCrop, TakesTheMiddleAndFillsWithBlack) {
  const Image row{3, 1, {1, 1, 1, 2, 2, 2, 3, 3, 3}};
  EXPECT_EQ(center_crop(row, 1).rgb, (Bytes{2, 2, 2}));
  EXPECT_EQ(center_crop(row, 2).rgb, (Bytes{0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2}));
}

TEST(Resize, RefusesPicturesAndSidesThatCannotBe) {
  const auto bicubic = Interpolation::kBicubic;
  const std::size_t huge = std::numeric_limits<std::size_t>::max();
  const Image image = random_image(4, 4);
  for (const std::size_t side : {std::size_t{0}, kLargestSide + 1, huge}) {
    EXPECT_THROW(resize(image, side, 4, bicubic), UsageError);
    EXPECT_THROW(resize(image, 4, side, bicubic), UsageError);
    EXPECT_THROW(resize_shorter_side(image, side, bicubic), UsageError);
    EXPECT_THROW(center_crop(image, side), UsageError);
    EXPECT_THROW(resize_and_center_crop(image, side, 4, bicubic), UsageError);
    EXPECT_THROW(resize_and_center_crop(image, 4, side, bicubic), UsageError);
  }
  EXPECT_THROW(resize_shorter_side(random_image(1000, 1), 256, bicubic), UsageError);
  EXPECT_THROW(resize({1, 20000, Bytes(60000)}, kLargestSide, 4, bicubic), UsageError);
  EXPECT_THROW(resize({}, 4, 4, bicubic), UsageError);
  EXPECT_THROW(resize_shorter_side({}, 4, bicubic), UsageError);
  EXPECT_THROW(center_crop({}, 4), UsageError);
  EXPECT_THROW(resize_and_center_crop({}, 4, 4, bicubic), UsageError);
}

}  // namespace
}  // namespace byteformer
