// Cross entropy with label smoothing, the mean over the files of a batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace byteformer {

// logits [files, classes]; targets [files] class indices.
at::Tensor cross_entropy(const at::Tensor& logits, const std::vector<std::int64_t>& targets,
                         double label_smoothing);

// shares [files, classes] of mixed files' classes.
at::Tensor cross_entropy(const at::Tensor& logits, const std::vector<float>& shares,
                         double label_smoothing);

// probabilities [files, classes]: mixed targets.
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& probabilities,
                         double label_smoothing);

}  // namespace byteformer
