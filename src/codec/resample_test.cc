#include "codec/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace byteformer {
namespace {

// A tone of 200 Hz in the first channel and of 300 Hz in the second.
Waveform tones(std::uint32_t rate, std::size_t length) {
  Waveform waveform{rate, 2, std::vector<float>(2 * length)};
  for (std::size_t c = 0; c < 2; ++c)
    for (std::size_t i = 0; i < length; ++i)
      waveform.samples[c * length + i] = static_cast<float>(
          std::sin(2 * std::numbers::pi * (c == 0 ? 200 : 300) * static_cast<double>(i) / rate));
  return waveform;
}

TEST(Resample, KeepsTonesBelowBothRates) {
  for (const std::uint32_t rate : {6000U, 16000U, 44100U}) {
    const Waveform out = resample(tones(8000, 8000), rate), expected = tones(rate, rate);
    ASSERT_EQ(out.sample_rate, rate);
    ASSERT_EQ(out.channels, 2U);
    ASSERT_EQ(out.length(), rate);
    for (std::size_t c = 0; c < 2; ++c)  // the ends know nothing of what lies beyond them
      for (std::size_t i = rate / 10; i < rate - rate / 10; ++i)
        ASSERT_NEAR(out.samples[c * rate + i], expected.samples[c * rate + i], 1e-4) << rate;
  }
}

TEST(Resample, GivesTheSameSamplesAtTheSameRate) {
  const Waveform before = tones(8000, 100);
  EXPECT_EQ(resample(before, 8000).samples, before.samples);
}

TEST(Resample, TakesTheShortestSoundsAndTheLargestRatios) {
  EXPECT_EQ(resample({16000, 1, {0.5F}}, 8000).length(), 1U);
  EXPECT_EQ(resample({16000, 1, {}}, 8000).length(), 0U);
  EXPECT_EQ(resample({1000, 1, {0.5F, 0.5F}}, 1000 * kMaxRateRatio).length(), 2 * kMaxRateRatio);
  EXPECT_EQ(resample({1000 * kMaxRateRatio, 1, std::vector<float>(1000)}, 1000).length(), 4U);
}

}  // namespace
}  // namespace byteformer
