#include "train/loss.h"

#include <torch/torch.h>

namespace byteformer {

namespace F = torch::nn::functional;

torch::Tensor cross_entropy(const torch::Tensor& logits, const std::vector<std::int64_t>& targets,
                            double label_smoothing) {
  return F::cross_entropy(logits, torch::tensor(at::ArrayRef<std::int64_t>(targets), torch::kInt64),
                          F::CrossEntropyFuncOptions().label_smoothing(label_smoothing));
}

torch::Tensor cross_entropy(const torch::Tensor& logits, const std::vector<float>& shares,
                            double label_smoothing) {
  const torch::Tensor probabilities =
      torch::tensor(at::ArrayRef<float>(shares), torch::kFloat32).view({logits.size(0), -1});
  return cross_entropy(logits, probabilities.to(logits.dtype()), label_smoothing);
}

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& probabilities,
                            double label_smoothing) {
  return F::cross_entropy(logits, probabilities,
                          F::CrossEntropyFuncOptions().label_smoothing(label_smoothing));
}

}  // namespace byteformer
