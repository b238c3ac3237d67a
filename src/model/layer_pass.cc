#include "model/layer_pass.h"

#include <algorithm>
#include <memory>

namespace byteformer {

using kernels::Epilogue;

void layer_pass(const StagedWeights& weights, const StagedLayer& layer, float* x, std::size_t rows,
                std::size_t first, std::size_t window) {
  constexpr std::size_t kHead = ModelConfig::kHeadSize, kChunk = StagedLayer::kChunk;
  static_assert(kChunk == 3 * kHead);  // queries, keys and values take the place of hidden channels
  const kernels::Set& set = weights.set;
  const std::size_t d = weights.config.width;
  const std::size_t scratch_size = set.attention_scratch(std::max(first, std::min(window, rows)));
  const auto memory =
      std::make_unique_for_overwrite<float[]>(rows * (2 * d + kChunk) + scratch_size);
  float *h = memory.get(), *mixed = h + rows * d, *wide = mixed + rows * d,
        *scratch = wide + rows * kChunk;

  layer.norm_attention.apply(set, x, h, rows);
  for (std::size_t head = 0; head < d; head += kHead) {
    layer.qkv.apply(set, 3 * head, kChunk, h, wide, kChunk, rows);  // [rows, 3, 64]
    for (std::size_t begin = 0, end = first; begin < rows;
         begin = end, end = std::min(rows, end + window)) {
      const float* q = wide + begin * kChunk;
      set.attention(q, q + kHead, q + 2 * kHead, kChunk, end - begin, end - begin,
                    mixed + begin * d + head, d, scratch);
    }
  }
  layer.projection.apply(set, mixed, x, d, rows, Epilogue::kAdd);

  layer.norm_ffn.apply(set, x, h, rows);
  for (std::size_t chunk = 0; chunk < layer.contract.size(); ++chunk) {
    const Linear& contract = layer.contract[chunk];
    layer.expand.apply(set, chunk * kChunk, contract.in, h, wide, contract.in, rows,
                       Epilogue::kGelu);
    contract.apply(set, wide, x, d, rows, Epilogue::kAdd);
  }
}

}  // namespace byteformer
