// Calibration: what makes of logits probabilities that are right as often as they say, and when an
// answer is better not given.
//
// Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", 2017): one number T
// by which all logits are divided, so that no label changes; the one with the least cross entropy
// on files that the training did not see.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace byteformer {

struct JudgedFile {
  std::vector<float> logits;  // [classes], finite
  std::size_t target;
};

// From 0.01 to 100. Where every answer is right (or there is no file) the cross entropy has no
// least value between them: then the end of the range is what comes back, or 1 for no file.
double fitted_temperature(std::span<const JudgedFile> files);

// logits / temperature, in float32: what Metrics takes for the probabilities of a calibrated model.
std::vector<float> scaled(std::span<const float> logits, double temperature);

// Of the most probable class: softmax of logits / temperature, in double.
double highest_probability(std::span<const float> logits, double temperature);

// The highest threshold at which at least `share` of the probabilities are not below it; 0 for
// none. Requires share in [0, 1].
double threshold_that_keeps(double share, std::vector<double> probabilities);

}  // namespace byteformer
