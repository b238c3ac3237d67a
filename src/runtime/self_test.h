// Chooses the kernels that a model runs on: the best ones that reproduce its golden logits.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/golden_logits.h"
#include "model/model_directory.h"
#include "model/staged_forward.h"

namespace byteformer {

// How far logits may be from the golden ones: 1e-4, 0.05 (BF16) or 0.15 (int8) of their rms.
double self_test_bound(kernels::Precision precision);

// Whether the golden inputs take at most about 20 ms; others are left to `inspect --check`.
bool is_quick(const ModelConfig& config, const std::vector<GoldenLogits>& golden);

// The model on the first of `sets` (best first) that offers the precision and whose logits are
// right. What is left out is said in `notices`. Throws UsageError where none of them offers the
// precision, ModelError where none is right.
StagedModel self_tested(const ModelDirectory& model, const std::vector<GoldenLogits>& golden,
                        kernels::Precision precision, std::span<const kernels::Set* const> sets,
                        std::vector<std::string>& notices);

}  // namespace byteformer
