// The end of the chain: norm, mean over the tokens, classifier.
#pragma once

#include <vector>

#include "model/stage.h"

namespace byteformer {

class HeadStage : public Stage {
 public:
  explicit HeadStage(const StageContext& context)
      : context_(context), sum_(context.weights.config.width) {}
  void take(std::size_t first, std::size_t count, const float* rows) override;
  void finish(std::size_t n) override;

  const std::vector<float>& logits() const { return logits_; }  // [classes], after finish()

 private:
  const StageContext& context_;
  std::vector<double> sum_;  // in the order in which rows come
  std::vector<float> normed_, logits_;
};

}  // namespace byteformer
