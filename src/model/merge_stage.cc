#include "model/merge_stage.h"

#include <algorithm>

namespace byteformer {
namespace {

constexpr std::size_t kPairs = 64;  // of a block

}  // namespace

MergeStage::MergeStage(const StageContext& context, std::size_t layer, Stage& next)
    : context_(context),
      name_("merge " + std::to_string(layer)),
      merge_(context.weights.merges[layer]),
      next_(next),
      blocks_(context.weights.buffers, 2 * kPairs, context.weights.config.width) {}

void MergeStage::take(std::size_t first, std::size_t count, const float* rows) {
  blocks_.put(first, count, rows);
  if (blocks_.full() >= context_.grain) run();
}

void MergeStage::finish(std::size_t n) {
  blocks_.close();
  run();
  next_.finish((n + 1) / 2);
}

void MergeStage::run() {
  const kernels::Set& set = context_.weights.set;
  const kernels::Arithmetic& arithmetic = context_.weights.arithmetic;
  const std::size_t d = context_.weights.config.width;
  const std::vector<RowBlock> blocks = blocks_.take_full();
  Buffer merged(context_.weights.buffers, blocks.size() * kPairs * d * sizeof(float));
  // Beside an odd last row lies a zero row, as blocks begin.
  auto pairs_of = [](const RowBlock& block) { return (block.filled + 1) / 2; };
  context_.for_each(name_, blocks.size(), [&](std::size_t i) {
    float* y = merged.floats() + i * kPairs * d;
    const float* x = blocks[i].rows.floats();
    if (arithmetic.from_floats == nullptr) {
      merge_.reduction.apply(x, y, d, pairs_of(blocks[i]));
    } else {
      Buffer operands(context_.weights.buffers, kPairs * arithmetic.operand_size(2 * d));
      arithmetic.from_floats(x, pairs_of(blocks[i]), 2 * d, operands.data());
      merge_.reduction.apply(operands.data(), y, d, pairs_of(blocks[i]));
    }
    merge_.norm.apply(set, y, y, pairs_of(blocks[i]));
  });
  for (std::size_t i = 0; i < blocks.size(); ++i)
    next_.take(blocks[i].position / 2, pairs_of(blocks[i]), merged.floats() + i * kPairs * d);
}

}  // namespace byteformer
