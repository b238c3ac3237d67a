// Chooses the kernels that a model runs on: the best ones that reproduce its golden logits.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "byteformer/classifier.h"
#include "model/golden_logits.h"
#include "model/model_directory.h"
#include "model/staged_forward.h"

namespace byteformer {

// How far logits may be from the golden ones: 1e-4, 0.05 (BF16) or 0.15 (int8) of their rms.
double self_test_bound(kernels::Precision precision);

// Whether the golden inputs are few enough multiply-adds for about 20 ms (at 20 GMAC/s); others are
// left to `inspect --check`.
bool is_quick(const ModelConfig& config, const std::vector<GoldenLogits>& golden);

struct KernelChoice {
  const kernels::Set* set;
  kernels::Precision precision;  // one that the set offers
};

// What a classifier tries, best first. A reduced precision that was asked for is not left to the
// plain kernels, which only define it, unless BYTEFORMER_KERNELS names them. Auto is float32,
// unless the model records a faster precision as equal and the best kernels offer it; under
// reference masking, which is there to repeat the reference's numbers, it is always float32. Throws
// UsageError where the kernels do not offer what was asked for.
std::vector<KernelChoice> kernel_choices(const ModelDirectory& model, Precision asked);

// The model on the first of `choices` (at least one) whose logits are right. What is left out is
// said in `notices`. Throws ModelError where none is right.
StagedModel self_tested(const ModelDirectory& model, const std::vector<GoldenLogits>& golden,
                        std::span<const KernelChoice> choices, std::vector<std::string>& notices);

}  // namespace byteformer
