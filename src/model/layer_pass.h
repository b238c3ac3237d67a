// Whole windows through a whole layer while they are in the caches.
#pragma once

#include <cstddef>

#include "model/staged_weights.h"

namespace byteformer {

// Rows x [rows, d] of a layer's input, in place of which its output comes. Rows attend within their
// window: the first `first` of them are one, then every `window` rows, the last may be smaller.
struct LayerRows {
  float* x;
  std::size_t rows, first, window;
  // Rows [unused_begin, unused_end) are attended to, but nobody reads what becomes of them: padding
  // under reference masking.
  std::size_t unused_begin, unused_end;
};

// x += Proj(MHA(LN(x))), x += FC2(GELU(FC1(LN(x)))).
void layer_pass(const StagedWeights& weights, const StagedLayer& layer, const LayerRows& rows);

}  // namespace byteformer
