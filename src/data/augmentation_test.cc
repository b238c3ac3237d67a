#include "data/augmentation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "byteformer/error.h"
#include "codec/tiff.h"
#include "codec/wav.h"

namespace byteformer {
namespace {

std::vector<std::uint8_t> picture() {
  std::vector<std::uint8_t> rgb(3 * 4 * 4);
  for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<std::uint8_t>(i / 3 + 1);
  return encode_tiff(rgb, 4, 4);
}

TEST(Augmentation, FlipsHalfOfTheTimeAndTwiceIsTheSame) {
  const std::vector<std::uint8_t> before = picture();
  std::size_t flipped = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::vector<std::uint8_t> file = before;
    Random random(seed);
    augment(file, {.flip = true, .shift = 0, .erase = 0, .wav = {}}, random, "x");
    if (file == before) continue;
    ++flipped;
    ASSERT_EQ(file[140], 4);  // the first row was 1 2 3 4
    ASSERT_EQ(file[140 + 9], 1);
  }
  EXPECT_NEAR(static_cast<double>(flipped), 200, 40);
}

TEST(Augmentation, ShiftsByAtMostWhatIsAllowedAndFillsWithBlack) {
  const std::vector<std::uint8_t> before = picture();
  bool moved_right_by_one = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<std::uint8_t> file = before;
    Random random(seed);
    augment(file, {.flip = false, .shift = 1, .erase = 0, .wav = {}}, random, "x");
    ASSERT_EQ(file.size(), before.size());
    ASSERT_TRUE(std::equal(file.begin(), file.begin() + 140, before.begin()));
    moved_right_by_one |= file[140] == 0 && file[143] == 1 && file[146] == 2;
  }
  EXPECT_TRUE(moved_right_by_one);
}

TEST(Augmentation, ErasesARectangleWithTheGivenProbability) {
  const std::vector<std::uint8_t> before = picture();
  std::size_t erased = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::vector<std::uint8_t> file = before;
    Random random(seed);
    augment(file, {.flip = false, .shift = 0, .erase = 0.25, .wav = {}}, random, "x");
    erased += file != before ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(erased), 100, 35);
}

TEST(Augmentation, AFileThatIsNoSuchPictureIsDamagedInput) {
  std::vector<std::uint8_t> file(500, 7);
  Random random(1);
  EXPECT_THROW(augment(file, {.flip = true, .shift = 0, .erase = 0, .wav = {}}, random, "x"),
               InputError);
  EXPECT_NO_THROW(augment(file, {}, random, "x"));
}

TEST(Augmentation, PicturesAndSoundOfOneSetEachGetTheirOwn) {
  const Recipe::Augmentation both{.flip = false, .shift = 1, .erase = 0, .wav = {.gain = 6}};
  const std::vector<std::uint8_t> sound =
      encode_wav({8000, 1, std::vector<float>(50, 0.25F)}, WavType::kInt16);
  bool picture_changed = false, sound_changed = false;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Random random(seed);
    std::vector<std::uint8_t> a = picture(), b = sound;
    augment(a, both, random, "a");
    augment(b, both, random, "b");
    picture_changed |= a != picture();
    sound_changed |= b != sound;
  }
  EXPECT_TRUE(picture_changed && sound_changed);
}

TEST(Augmentation, SoundIsDamagedInputWhereOnlyPicturesAreAugmented) {
  std::vector<std::uint8_t> file =
      encode_wav({8000, 1, std::vector<float>(50, 0.25F)}, WavType::kInt16);
  Random random(1);
  EXPECT_THROW(augment(file, {.flip = true, .shift = 0, .erase = 0, .wav = {}}, random, "x"),
               InputError);
}

}  // namespace
}  // namespace byteformer
