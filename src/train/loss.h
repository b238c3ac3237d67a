// Cross entropy with label smoothing, the mean over the files of a batch.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace byteformer {

// logits [files, classes]; targets [files] class indices.
torch::Tensor cross_entropy(const torch::Tensor& logits, const std::vector<std::int64_t>& targets,
                            double label_smoothing);

// shares [files, classes] of mixed files' classes.
torch::Tensor cross_entropy(const torch::Tensor& logits, const std::vector<float>& shares,
                            double label_smoothing);

// probabilities [files, classes]: mixed targets.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& probabilities,
                            double label_smoothing);

}  // namespace byteformer
