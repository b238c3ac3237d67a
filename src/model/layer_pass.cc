#include "model/layer_pass.h"

#include <algorithm>
#include <utility>

namespace byteformer {
namespace {

using kernels::Epilogue;

// Rows whose norms stay in the caches until they are rounded to operands, in the first one where d
// is 192.
constexpr std::size_t kNormRows = 16;

// The memory that one pass works in: each part on a boundary of its own.
class LayerMemory {
 public:
  LayerMemory(Buffers& buffers, const kernels::Arithmetic& arithmetic, std::size_t d,
              std::size_t rows, std::size_t keys)
      : normed_size_(aligned_size((arithmetic.from_floats == nullptr ? rows : kNormRows) * d *
                                  sizeof(float))),
        mixed_size_(aligned_size(rows * d * arithmetic.element_size)),
        wide_size_(aligned_size(rows * StagedLayer::chunk(arithmetic) * arithmetic.element_size)),
        operands_size_(aligned_size(
            rows * arithmetic.operand_size(std::max(d, StagedLayer::chunk(arithmetic))))),
        bytes_(buffers, normed_size_ + mixed_size_ + wide_size_ + 2 * operands_size_ +
                            arithmetic.attention_scratch(keys)) {}

  float* normed() { return bytes_.floats(); }                         // [rows or kNormRows, d]
  std::byte* mixed() { return bytes_.data() + normed_size_; }         // elements [rows, d]
  std::byte* wide() { return mixed() + mixed_size_; }                 // [rows, a chunk]
  std::byte* operands() { return wide() + wide_size_; }               // of rows of d
  std::byte* wide_operands() { return operands() + operands_size_; }  // of rows of a chunk
  std::byte* scratch() { return wide_operands() + operands_size_; }

 private:
  std::size_t normed_size_, mixed_size_, wide_size_, operands_size_;
  Buffer bytes_;
};

}  // namespace

void layer_pass(const StagedWeights& weights, const StagedLayer& layer, const LayerRows& given) {
  // Queries, keys and values of a head take the place of hidden channels.
  constexpr std::size_t kHead = ModelConfig::kHeadSize, kQkv = 3 * kHead;
  const kernels::Arithmetic& arithmetic = weights.arithmetic;
  const std::size_t d = weights.config.width, element = arithmetic.element_size,
                    wide_channels = StagedLayer::chunk(arithmetic), rows = given.rows;
  LayerMemory memory(weights.buffers, arithmetic, d, rows,
                     std::max(given.first, std::min(given.window, rows)));

  auto normed = [&](const Norm& norm, const float* x, std::size_t count) -> const void* {
    if (arithmetic.from_floats == nullptr) {
      norm.apply(weights.set, x, memory.normed(), count);
      return memory.normed();
    }
    const std::size_t size = arithmetic.operand_size(d);
    for (std::size_t row = 0; row < count; row += kNormRows) {
      const std::size_t some = std::min(kNormRows, count - row);
      norm.apply(weights.set, x + row * d, memory.normed(), some);
      arithmetic.from_floats(memory.normed(), some, d, memory.operands() + row * size);
    }
    return memory.operands();
  };
  auto operands = [&](const std::byte* elements, std::size_t count, std::size_t k,
                      std::byte* to) -> const void* {
    if (arithmetic.from_elements == nullptr) return elements;
    arithmetic.from_elements(elements, count, k, to);
    return to;
  };

  const void* h = normed(layer.norm_attention, given.x, rows);
  std::byte *wide = memory.wide(), *mixed = memory.mixed();
  for (std::size_t head = 0; head < d; head += kHead) {
    layer.qkv.apply(3 * head, kQkv, h, wide, kQkv, rows, Epilogue::kElements);  // [rows, 3, 64]
    for (std::size_t begin = 0, end = given.first; begin < rows;
         begin = end, end = std::min(rows, end + given.window)) {
      std::size_t queries = end - begin;
      if (given.unused_end >= end && given.unused_begin < end)
        queries = std::max(begin, given.unused_begin) - begin;
      if (queries == 0) continue;
      const std::byte* q = wide + begin * kQkv * element;
      arithmetic.attention(q, q + kHead * element, q + 2 * kHead * element, kQkv, queries,
                           end - begin, mixed + (begin * d + head) * element, d, memory.scratch());
    }
  }

  using Run = std::pair<std::size_t, std::size_t>;
  for (const auto& [begin, end] : {Run(0, given.unused_begin), Run(given.unused_end, rows)}) {
    if (begin == end) continue;
    const std::size_t count = end - begin;
    float* x = given.x + begin * d;
    layer.projection.apply(operands(mixed + begin * d * element, count, d, memory.operands()), x, d,
                           count, Epilogue::kAdd);
    h = normed(layer.norm_ffn, x, count);
    for (std::size_t chunk = 0; chunk < layer.contract.size(); ++chunk) {
      const Linear& contract = layer.contract[chunk];
      layer.expand.apply(chunk * wide_channels, contract.in(), h, wide, contract.in(), count,
                         Epilogue::kGelu);
      contract.apply(operands(wide, count, contract.in(), memory.wide_operands()), x, d, count,
                     Epilogue::kAdd);
    }
  }
}

}  // namespace byteformer
