#include "train/loss.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>

#include "train/device.h"
#include "train/rows.h"

namespace byteformer {

namespace {

at::Tensor mean_cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                              double label_smoothing) {
  constexpr std::int64_t kNothingIgnored = -100;  // LibTorch's default: no class has this index
  return at::cross_entropy_loss(logits, targets, {}, at::Reduction::Mean, kNothingIgnored,
                                label_smoothing);
}

}  // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const std::vector<std::int64_t>& targets,
                         double label_smoothing) {
  return mean_cross_entropy(logits, index_tensor(targets, logits.device()), label_smoothing);
}

at::Tensor cross_entropy(const at::Tensor& logits, const std::vector<float>& shares,
                         double label_smoothing) {
  const at::Tensor probabilities =
      copied_to(logits.device(),
                at::from_blob(const_cast<float*>(shares.data()), logits.sizes(), at::kFloat));
  return cross_entropy(logits, probabilities.to(logits.dtype()), label_smoothing);
}

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& probabilities,
                         double label_smoothing) {
  return mean_cross_entropy(logits, probabilities, label_smoothing);
}

}  // namespace byteformer
