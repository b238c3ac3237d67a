#include "data/horizontal_flip.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

TEST(HorizontalFlip, GivesTheReferencesPixelsAndTwiceIsTheSame) {
  const Image before{32, 32, golden::bytes_of("augment/input_32x32.u8")};
  Image image = before;
  flip_horizontally(image);
  EXPECT_EQ(image.rgb, golden::bytes_of("augment/flip.u8"));
  flip_horizontally(image);
  EXPECT_EQ(image.rgb, before.rgb);
}

TEST(HorizontalFlip, MirrorsRowsOfAnyWidth) {
  Image one{1, 2, {1, 2, 3, 4, 5, 6}}, odd{3, 1, {1, 1, 1, 2, 2, 2, 3, 3, 3}};
  flip_horizontally(one);
  flip_horizontally(odd);
  EXPECT_EQ(one.rgb, (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(odd.rgb, (std::vector<std::uint8_t>{3, 3, 3, 2, 2, 2, 1, 1, 1}));
}

TEST(HorizontalFlip, IsDrawnWithItsProbability) {
  Random random(3);
  int never = 0, often = 0, always = 0;
  for (int i = 0; i < 10000; ++i) {
    never += draw_flip(-1, random) ? 1 : 0;
    often += draw_flip(0.75, random) ? 1 : 0;
    always += draw_flip(1, random) ? 1 : 0;
  }
  EXPECT_EQ(never, 0);
  EXPECT_NEAR(often, 7500, 200);
  EXPECT_EQ(always, 10000);
}

TEST(HorizontalFlip, RefusesAPictureWithoutPixels) {
  Image none;
  EXPECT_THROW(flip_horizontally(none), UsageError);
}

}  // namespace
}  // namespace byteformer
