#include "report/calibration.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace byteformer {
namespace {

// Sum over the classes of exp((logit - highest) / temperature).
double sum_of_weights(std::span<const float> logits, double temperature) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp((logit - most) / temperature);
  return sum;
}

double cross_entropy(std::span<const JudgedFile> files, double temperature) {
  double loss = 0;
  for (const JudgedFile& file : files) {
    const double most = *std::max_element(file.logits.begin(), file.logits.end());
    loss += std::log(sum_of_weights(file.logits, temperature)) -
            (file.logits[file.target] - most) / temperature;
  }
  return loss;
}

}  // namespace

// Cross entropy is convex in 1 / T and so has one valley in log T: a golden section search. Where
// all answers are right it is 0 to the last bit over a part of the range; the lower end is taken.
double fitted_temperature(std::span<const JudgedFile> files) {
  if (files.empty()) return 1;
  constexpr double kRatio = 1 / std::numbers::phi, kLowest = 0.01, kHighest = 100;
  constexpr int kSteps = 60;  // each leaves 62 % of the range: 3e-12 of it at the end
  double low = std::log(kLowest), high = std::log(kHighest);
  for (int i = 0; i < kSteps; ++i) {
    const double a = high - kRatio * (high - low), b = low + kRatio * (high - low);
    if (cross_entropy(files, std::exp(a)) <= cross_entropy(files, std::exp(b)))
      high = b;
    else
      low = a;
  }
  return std::clamp(std::exp((low + high) / 2), kLowest, kHighest);
}

std::vector<float> scaled(std::span<const float> logits, double temperature) {
  std::vector<float> out(logits.begin(), logits.end());
  for (float& logit : out) logit = static_cast<float>(logit / temperature);
  return out;
}

double highest_probability(std::span<const float> logits, double temperature) {
  return 1 / sum_of_weights(logits, temperature);
}

double threshold_that_keeps(double share, std::vector<double> probabilities) {
  if (probabilities.empty()) return 0;
  const auto kept =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(probabilities.size())));
  if (kept == 0) return 1;
  std::sort(probabilities.begin(), probabilities.end(), std::greater<>());
  return probabilities[kept - 1];
}

}  // namespace byteformer
