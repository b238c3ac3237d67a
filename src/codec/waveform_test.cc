#include "codec/waveform.h"

#include <gtest/gtest.h>

namespace byteformer {
namespace {

TEST(MixToMono, IsTheMeanOfTheChannels) {
  const Waveform mono = mix_to_mono({8000, 3, {1, 2, 10, 20, 100, 200}});
  EXPECT_EQ(mono.channels, 1U);
  EXPECT_EQ(mono.sample_rate, 8000U);
  EXPECT_EQ(mono.samples, (std::vector<float>{37, 74}));
}

}  // namespace
}  // namespace byteformer
