#include "codec/crop.h"

#include <gtest/gtest.h>

#include <limits>

#include "byteformer/error.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Crop, CutsOutTheBox) {
  Image image{3, 2, {}};
  for (std::uint8_t i = 0; i < 18; ++i) image.rgb.push_back(i);
  const Image out = crop(image, {.top = 0, .left = 1, .height = 2, .width = 2});
  EXPECT_EQ(out.width, 2U);
  EXPECT_EQ(out.height, 2U);
  EXPECT_EQ(out.rgb, (Bytes{3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17}));
  EXPECT_TRUE(crop(image, {.top = 2, .left = 3, .height = 0, .width = 0}).rgb.empty());
}

TEST(Crop, RefusesABoxThatLeavesThePicture) {
  const std::size_t huge = std::numeric_limits<std::size_t>::max();
  const Image image{3, 2, Bytes(18)};
  for (const Box& box : {Box{0, 0, 3, 1}, Box{0, 0, 1, 4}, Box{1, 0, 2, 1}, Box{0, 3, 1, 1},
                         Box{huge, 0, 1, 1}, Box{0, huge, 1, 1}, Box{1, 1, huge, huge}})
    EXPECT_THROW(crop(image, box), UsageError) << box.top << ' ' << box.left;
}

TEST(Crop, RefusesAPictureWhoseBytesAreNotItsPixels) {
  const std::size_t huge = std::numeric_limits<std::size_t>::max();
  for (const Image& wrong : {Image{}, Image{0, 3, Bytes(3)}, Image{3, 0, Bytes(3)},
                             Image{2, 2, Bytes(11)}, Image{2, 2, Bytes(13)}, Image{2, 2, {}},
                             Image{huge, 2, Bytes(12)}, Image{2, huge, Bytes(12)}})
    EXPECT_THROW(check_pixels(wrong), UsageError) << wrong.width << " x " << wrong.height;
}

}  // namespace
}  // namespace byteformer
