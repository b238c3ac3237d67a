#include "codec/waveform.h"

#include <gtest/gtest.h>

namespace byteformer {
namespace {

TEST(FromInterleaved, PutsEachChannelInOnePiece) {
  const Waveform waveform = from_interleaved({1, 10, 2, 20, 3, 30}, 2, 8000);
  EXPECT_EQ(waveform.sample_rate, 8000U);
  EXPECT_EQ(waveform.length(), 3U);
  EXPECT_EQ(waveform.samples, (std::vector<float>{1, 2, 3, 10, 20, 30}));
}

TEST(MixToMono, IsTheMeanOfTheChannels) {
  const Waveform mono = mix_to_mono({8000, 3, {1, 2, 10, 20, 100, 200}});
  EXPECT_EQ(mono.channels, 1U);
  EXPECT_EQ(mono.sample_rate, 8000U);
  EXPECT_EQ(mono.samples, (std::vector<float>{37, 74}));
}

}  // namespace
}  // namespace byteformer
