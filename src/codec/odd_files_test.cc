// The odd files, each read as odd.tsv says it must be.
#include "tests/odd_files.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "byteformer/error.h"
#include "codec/read_image.h"
#include "codec/read_sound.h"

namespace byteformer {
namespace {

// Pictures and what only looks like one, or sound.
std::vector<OddFile> odd(bool sound) {
  std::vector<OddFile> files;
  for (const OddFile& file : odd_files())
    if (file.is_sound() == sound) files.push_back(file);
  return files;
}

// What a reader refuses is named, and only what may fail is refused.
void expect_refusal(const OddFile& odd, const InputError& error) {
  EXPECT_TRUE(odd.may_fail() || odd.must.starts_with("bytes")) << error.what();
  EXPECT_NE(std::string(error.what()).find(odd.name), std::string::npos) << error.what();
}

class OddImages : public testing::TestWithParam<OddFile> {};

TEST_P(OddImages, AreReadAsTheyMustBe) {
  const std::vector<std::uint8_t> file = bytes_of(GetParam());
  ASSERT_EQ(file.size(), GetParam().bytes);
  try {
    const Image image = read_image(file, GetParam().name);
    const std::string size = std::to_string(image.width) + "x" + std::to_string(image.height);
    EXPECT_TRUE(GetParam().must.starts_with("image " + size + " "))
        << "was read as " << size << ", not " << GetParam().must;
    EXPECT_EQ(image.rgb.size(), 3 * image.width * image.height);
  } catch (const InputError& error) {
    expect_refusal(GetParam(), error);
    if (GetParam().name.find("bomb") != std::string::npos) {
      EXPECT_EQ(error.kind(), InputErrorKind::kTooLarge);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OddTsv, OddImages, testing::ValuesIn(odd(false)),
                         [](const auto& row) { return test_name(row.param); });

class OddSounds : public testing::TestWithParam<OddFile> {};

// "audio 16000 Hz, 1 channel, 4000 samples s16": as many of each, or between two numbers.
TEST_P(OddSounds, AreReadAsTheyMustBe) {
  const std::vector<std::uint8_t> file = bytes_of(GetParam());
  ASSERT_EQ(file.size(), GetParam().bytes);
  unsigned rate = 0, channels = 0;
  unsigned long least = 0, most = 0;
  const std::string& must = GetParam().must;
  const std::size_t samples = must.find(", ", must.find("channel"));
  if (must != "error") {
    ASSERT_EQ(std::sscanf(must.c_str(), "audio %u Hz, %u channel", &rate, &channels), 2) << must;
    const int numbers = std::sscanf(must.c_str() + samples, ", %lu to %lu", &least, &most);
    ASSERT_GE(numbers, 1) << must;
    if (numbers == 1) most = least;
  }
  try {
    const Waveform sound = read_sound(file, GetParam().name);
    EXPECT_EQ(sound.sample_rate, rate);
    EXPECT_EQ(sound.channels, channels);
    EXPECT_GE(sound.samples.size() / sound.channels, least);
    EXPECT_LE(sound.samples.size() / sound.channels, most);
  } catch (const InputError& error) {
    expect_refusal(GetParam(), error);
  }
}

INSTANTIATE_TEST_SUITE_P(OddTsv, OddSounds, testing::ValuesIn(odd(true)),
                         [](const auto& row) { return test_name(row.param); });

TEST(OddTsv, IsReadToItsLastRow) {
  EXPECT_EQ(odd(false).size(), 47U);
  EXPECT_EQ(odd(true).size(), 24U);
}

}  // namespace
}  // namespace byteformer
