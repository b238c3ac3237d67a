// Whole windows through a whole layer while they are in the caches.
#pragma once

#include <cstddef>

#include "model/staged_weights.h"

namespace byteformer {

// x [rows, d] in place: x += Proj(MHA(LN(x))), x += FC2(GELU(FC1(LN(x)))). Rows attend within their
// window: the first `first` of them are one, then every `window` rows, the last may be smaller.
void layer_pass(const StagedWeights& weights, const StagedLayer& layer, float* x, std::size_t rows,
                std::size_t first, std::size_t window);

}  // namespace byteformer
