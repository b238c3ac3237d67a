#include "data/wav_augmentation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "codec/read_sound.h"

namespace byteformer {
namespace {

using Wav = Recipe::Augmentation::Wav;

constexpr std::uint32_t kRate = 8000;
constexpr std::size_t kLength = 2000;

// A tone of 400 Hz at a quarter of full scale, and a chunk behind the samples.
std::vector<std::uint8_t> tone() {
  Waveform sound{kRate, 1, std::vector<float>(kLength)};
  for (std::size_t i = 0; i < kLength; ++i)
    sound.samples[i] = 0.25F * std::sin(static_cast<float>(i) * 0.31415927F);
  std::vector<std::uint8_t> file = encode_wav(sound, WavType::kInt16);
  for (const char c : std::string_view("LIST\4\0\0\0abcd", 12))
    file.push_back(static_cast<std::uint8_t>(c));
  file[4] += 12;
  return file;
}

std::vector<std::uint8_t> augmented(const Wav& augmentation, std::uint64_t seed) {
  std::vector<std::uint8_t> file = tone();
  Random random(seed);
  augment_wav(file, find_wav_samples(file).value(), augmentation, random);
  return file;
}

// Reads it with another reader than the one under test, which also checks the declared sizes.
Waveform sound_of(const std::vector<std::uint8_t>& file) { return read_sound(file, "x"); }

double rms_of(const Waveform& sound) {
  double sum = 0;
  for (const float x : sound.samples) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum / static_cast<double>(sound.samples.size()));
}

TEST(WavAugmentation, GainStaysWithinItsDecibelsAndKeepsTheLength) {
  const double before = rms_of(sound_of(tone()));
  double softest = 1e9, loudest = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Waveform sound = sound_of(augmented({.gain = 6}, seed));
    ASSERT_EQ(sound.length(), kLength);
    const double factor = rms_of(sound) / before;
    softest = std::min(softest, factor);
    loudest = std::max(loudest, factor);
  }
  EXPECT_GE(softest, 0.49);
  EXPECT_LE(softest, 0.6);
  EXPECT_LE(loudest, 2.0);
  EXPECT_GE(loudest, 1.7);
}

TEST(WavAugmentation, WhatWouldLeaveSixteenBitsIsClipped) {
  float most = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const float x : sound_of(augmented({.gain = 40}, seed)).samples)
      most = std::max(most, std::abs(x));
  EXPECT_EQ(most, 1.0F);
}

// As of old sound cards: 8 bits, stored in the upper half of 16.
TEST(WavAugmentation, SamplesOfFewerBitsKeepThem) {
  for (const int step : {2, 256}) {
    std::vector<std::uint8_t> file = tone();
    const WavSamples found = find_wav_samples(file).value();
    const auto mask = static_cast<std::uint32_t>(-step);
    for (std::size_t at = found.offset; at < found.offset + found.length; at += 2) {
      file[at] &= static_cast<std::uint8_t>(mask);
      file[at + 1] &= static_cast<std::uint8_t>(mask >> 8);
    }
    const std::vector<std::uint8_t> before = file;
    Random random(7);
    augment_wav(file, found, {.speed = 0.1, .offset = 0.05, .gain = 12, .noise = 0.2}, random);
    ASSERT_NE(file, before);
    const WavSamples changed = find_wav_samples(file).value();
    for (std::size_t at = changed.offset; at < changed.offset + changed.length; at += 2)
      ASSERT_EQ((file[at] | file[at + 1] << 8) % step, 0) << step;
  }
}

// Of a single loud sample, of 14 zero bits, nobody may conclude that all have so few.
TEST(WavAugmentation, ANearlySilentFileIsNotMadeOfItsOnlyValue) {
  std::vector<std::uint8_t> file = tone();
  const WavSamples found = find_wav_samples(file).value();
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(found.offset), found.length, 0);
  file[found.offset + 1] = 0x40;
  Random random(7);
  augment_wav(file, found, {.gain = 3}, random);
  const int sample = file[found.offset] | file[found.offset + 1] << 8;
  EXPECT_EQ(sample % 256, 0);
  EXPECT_NE(sample, 0x4000);
}

TEST(WavAugmentation, SpeedChangesLengthAndPitchTogether) {
  bool was_slower = false, was_faster = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Waveform sound = sound_of(augmented({.speed = 0.2}, seed));
    ASSERT_GE(sound.length(), kLength * 10 / 12 - 2);
    ASSERT_LE(sound.length(), kLength * 10 / 8 + 2);
    std::size_t crossings = 0;
    for (std::size_t i = 1; i < sound.length(); ++i)
      crossings += (sound.samples[i - 1] < 0) != (sound.samples[i] < 0) ? 1 : 0;
    ASSERT_NEAR(static_cast<double>(crossings), 200, 4);  // as many periods as before
    was_slower |= sound.length() > kLength + kLength / 20;
    was_faster |= sound.length() < kLength - kLength / 20;
  }
  EXPECT_TRUE(was_slower && was_faster);
}

TEST(WavAugmentation, AnOffsetCutsTheBeginningOrPutsSilenceBeforeIt) {
  const Waveform before = sound_of(tone());
  bool was_cut = false, was_filled = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Waveform sound = sound_of(augmented({.offset = 0.05}, seed));
    const auto more = static_cast<std::int64_t>(sound.length()) - std::int64_t{kLength};
    ASSERT_LE(std::abs(more), 400);
    ASSERT_EQ(sound.samples.back(), before.samples.back());
    if (more > 1) {
      ASSERT_EQ(sound.samples.front(), 0.0F);
    }
    was_cut |= more < -50;
    was_filled |= more > 50;
  }
  EXPECT_TRUE(was_cut && was_filled);
}

TEST(WavAugmentation, AnOffsetLeavesHalfOfTheSound) {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    ASSERT_GE(sound_of(augmented({.offset = 60}, seed)).length(), kLength / 2);
}

TEST(WavAugmentation, NoiseIsMeasuredByTheSoundItself) {
  const Waveform before = sound_of(tone());
  double most = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Waveform difference = sound_of(augmented({.noise = 0.5}, seed));
    for (std::size_t i = 0; i < kLength; ++i) difference.samples[i] -= before.samples[i];
    most = std::max(most, rms_of(difference) / rms_of(before));
  }
  EXPECT_LE(most, 0.53);
  EXPECT_GE(most, 0.4);
}

TEST(WavAugmentation, WhatIsBehindTheSamplesStays) {
  const std::vector<std::uint8_t> file = augmented({.speed = 0.2, .offset = 0.05}, 3);
  ASSERT_NE(file.size(), tone().size());
  EXPECT_EQ(std::string(file.end() - 4, file.end()), "abcd");
  EXPECT_EQ(file[4] | file[5] << 8, static_cast<int>(file.size()) - 8);
}

TEST(WavAugmentation, AFileThatEndsEarlyIsChangedAsFarAsItGoes) {
  std::vector<std::uint8_t> file = tone();
  file.resize(1001);
  const std::optional<WavSamples> found = find_wav_samples(file);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->length, 956U);
  Random random(1);
  augment_wav(file, *found, {.speed = 0.2, .noise = 0.1}, random);
  EXPECT_NE(file.size(), 1001U);
}

TEST(WavAugmentation, OnlySixteenBitIntegersAreFound) {
  const Waveform sound{kRate, 2, std::vector<float>(20, 0.5F)};
  for (const WavType type : {WavType::kFloat32, WavType::kInt32, WavType::kUint8})
    EXPECT_FALSE(find_wav_samples(encode_wav(sound, type)));
  const std::vector<std::uint8_t> file = encode_wav(sound, WavType::kInt16);
  ASSERT_TRUE(find_wav_samples(file));
  for (std::size_t length = 0; length < 44; ++length)
    EXPECT_FALSE(find_wav_samples(std::span(file).first(length))) << length;
}

}  // namespace
}  // namespace byteformer
