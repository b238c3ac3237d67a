#include "codec/image.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "byteformer/error.h"

namespace byteformer {
namespace {

TEST(ImageFromTensor, GivesBackEveryByteThatWasDividedBy255) {
  std::vector<float> tensor;
  for (int i = 0; i < 3 * 256; ++i) tensor.push_back(static_cast<float>(i % 256) / 255.0F);
  const Image image = image_from_tensor(tensor, 256, 1);
  for (std::size_t i = 0; i < image.rgb.size(); ++i) EXPECT_EQ(image.rgb[i], i / 3);
}

TEST(ImageFromTensor, TruncatesWhatLiesBelowAByte) {
  const float below = std::nextafter(7.0F / 255.0F, 0.0F);
  EXPECT_EQ(image_from_tensor(std::vector<float>(3, below), 1, 1).rgb,
            (std::vector<std::uint8_t>{6, 6, 6}));
}

TEST(ImageFromTensor, RefusesValuesOutsideZeroToOneAndSaysWhere) {
  for (const float bad : {-0.001F, 1.001F, std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> tensor(std::size_t{3} * 2 * 5);
    tensor[10 + 5 + 3] = bad;
    try {
      image_from_tensor(tensor, 5, 2);
      FAIL() << bad;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("channel 1, row 1, column 3"), std::string::npos)
          << error.what();
    }
  }
}

TEST(ImageFromTensor, RefusesSizesThatDoNotFitTheValues) {
  const std::vector<float> tensor(12);
  EXPECT_THROW(image_from_tensor(tensor, 2, 3), UsageError);
  EXPECT_THROW(image_from_tensor(tensor, 0, 0), UsageError);
  EXPECT_THROW(image_from_tensor(std::span(tensor).first(11), 2, 2), UsageError);
  EXPECT_THROW(image_from_tensor({}, 0, 0), UsageError);
  EXPECT_THROW(image_from_tensor(tensor, std::size_t{1} << 63, 2), UsageError);
}

}  // namespace
}  // namespace byteformer
