#include "report/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "report/metrics.h"

namespace byteformer {
namespace {

// Files whose classes are drawn from softmax(logits): right as they are. Then the logits are
// multiplied, as a model does that is too sure of itself.
std::vector<JudgedFile> files_of(double factor) {
  Random random(1);
  std::vector<JudgedFile> files;
  for (int i = 0; i < 4000; ++i) {
    std::vector<float> logits(3);
    for (float& x : logits) x = 4 * random.uniform();
    double sum = 0;
    for (const float x : logits) sum += std::exp(x);
    double left = random.uniform() * sum;
    std::size_t target = 0;
    while (target < 2 && left > std::exp(logits[target])) left -= std::exp(logits[target++]);
    for (float& x : logits) x *= static_cast<float>(factor);
    files.push_back({logits, target});
  }
  return files;
}

double calibration_error(const std::vector<JudgedFile>& files, double temperature) {
  Metrics metrics(3);
  for (const JudgedFile& f : files) metrics.add(scaled(f.logits, temperature), f.target);
  return metrics.expected_calibration_error();
}

TEST(Calibration, FindsTheFactorByWhichAModelIsTooSure) {
  for (const double factor : {0.5, 1.0, 3.0})
    EXPECT_NEAR(fitted_temperature(files_of(factor)) / factor, 1, 0.05) << factor;
}

TEST(Calibration, ProbabilitiesAreRightMoreOftenAsTheySayAfterwards) {
  const std::vector<JudgedFile> files = files_of(3);
  EXPECT_GT(calibration_error(files, 1), 0.15);
  EXPECT_LT(calibration_error(files, fitted_temperature(files)), 0.03);
}

TEST(Calibration, NoLabelChanges) {
  const std::vector<float> logits = {1, 3, 2}, same = scaled(logits, 7);
  EXPECT_GT(same[1], same[2]);
  EXPECT_GT(same[2], same[0]);
}

TEST(Calibration, FilesThatAreAllRightOrNoneAtAllGiveAFiniteTemperature) {
  const std::vector<JudgedFile> right(5, {{5, 0}, 0}), wrong(5, {{5, 0}, 1});
  EXPECT_NEAR(fitted_temperature(right), 0.01, 1e-3);
  EXPECT_NEAR(fitted_temperature(wrong), 100, 1);
  EXPECT_EQ(fitted_temperature({}), 1);
}

TEST(Calibration, HighestProbabilityIsThatOfTheSoftmax) {
  EXPECT_DOUBLE_EQ(highest_probability(std::vector<float>{0, 0}, 1), 0.5);
  EXPECT_NEAR(highest_probability(std::vector<float>{2, 0}, 2), 1 / (1 + std::exp(-1.0)), 1e-15);
}

TEST(Calibration, AThresholdKeepsTheShareThatItIsAskedToKeep) {
  const std::vector<double> probabilities = {0.1, 0.9, 0.5, 0.7};
  EXPECT_EQ(threshold_that_keeps(0.75, probabilities), 0.5);
  EXPECT_EQ(threshold_that_keeps(0.76, probabilities), 0.1);
  EXPECT_EQ(threshold_that_keeps(1, probabilities), 0.1);
  EXPECT_EQ(threshold_that_keeps(0, probabilities), 1);
  EXPECT_EQ(threshold_that_keeps(0.95, {}), 0);
}

}  // namespace
}  // namespace byteformer
