#include "model/head_stage.h"

#include <algorithm>

namespace byteformer {

void HeadStage::take(std::size_t, std::size_t count, const float* rows) {
  const StagedWeights& w = context_.weights;
  const std::size_t d = w.config.width;
  normed_.resize(count * d);
  w.norm.apply(w.set, rows, normed_.data(), count);
  for (std::size_t r = 0; r < count; ++r)
    for (std::size_t c = 0; c < d; ++c) sum_[c] += normed_[r * d + c];
}

void HeadStage::finish(std::size_t n) {
  const StagedWeights& w = context_.weights;
  std::vector<float> mean(sum_.size());
  for (std::size_t c = 0; c < mean.size(); ++c)
    mean[c] = static_cast<float>(sum_[c] / static_cast<double>(std::max<std::size_t>(n, 1)));
  logits_.resize(w.config.classes);
  w.classifier.apply(mean.data(), logits_.data(), logits_.size(), 1);
}

}  // namespace byteformer
