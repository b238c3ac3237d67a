#include "report/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace byteformer {
namespace {

TEST(Metrics, CountsTopOneTopFiveAndConfusion) {
  Metrics m(7);
  m.add(std::vector<float>{9, 1, 2, 3, 4, 5, 6}, 0);  // right
  m.add(std::vector<float>{9, 1, 2, 3, 4, 5, 6}, 3);  // fifth
  m.add(std::vector<float>{9, 1, 2, 3, 4, 5, 6}, 2);  // sixth
  EXPECT_EQ(m.files(), 3U);
  EXPECT_DOUBLE_EQ(m.top1(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(m.top5(), 2.0 / 3);
  EXPECT_EQ(m.count(3, 0), 1U);
  EXPECT_EQ(m.count(0, 0), 1U);
  EXPECT_DOUBLE_EQ(m.recall(0), 1);
  EXPECT_DOUBLE_EQ(m.precision(0), 1.0 / 3);
  EXPECT_DOUBLE_EQ(m.recall(6), 0);
}

TEST(Metrics, LossIsCrossEntropyInDouble) {
  Metrics m(2);
  m.add(std::vector<float>{0, 0}, 1);
  EXPECT_NEAR(m.loss(), std::log(2.0), 1e-12);
  Metrics huge(2);
  huge.add(std::vector<float>{1000, -1000}, 1);
  EXPECT_NEAR(huge.loss(), 2000, 1e-9);
}

TEST(Metrics, TiesGoToTheLowerClass) {
  Metrics m(3);
  m.add(std::vector<float>{1, 1, 1}, 0);
  m.add(std::vector<float>{1, 1, 1}, 1);
  EXPECT_DOUBLE_EQ(m.top1(), 0.5);
}

TEST(Metrics, ReliabilityComparesWhatWasClaimedWithWhatWasRight) {
  Metrics m(2);
  const auto certain = static_cast<float>(std::log(9.0));  // probability 0.9
  for (int i = 0; i < 10; ++i) m.add(std::vector<float>{certain + 1e-4F, 0}, i < 5 ? 0 : 1);
  EXPECT_NEAR(m.reliability()[9].accuracy, 0.5, 1e-12);
  EXPECT_NEAR(m.expected_calibration_error(), 0.4, 1e-3);
}

TEST(Metrics, LogitsThatAreNoNumbersAreNotRight) {
  Metrics m(3);
  m.add(std::vector<float>{NAN, NAN, NAN}, 2);
  m.add(std::vector<float>{1, NAN, 0}, 1);
  EXPECT_EQ(m.top1(), 0);
  EXPECT_TRUE(std::isnan(m.loss()));
}

TEST(Metrics, WithoutFilesEverythingIsZero) {
  const Metrics m(3);
  EXPECT_EQ(m.top1(), 0);
  EXPECT_EQ(m.loss(), 0);
  EXPECT_EQ(m.expected_calibration_error(), 0);
}

}  // namespace
}  // namespace byteformer
