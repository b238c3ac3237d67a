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
      blocks_(2 * kPairs, context.weights.config.width) {}

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
  const std::size_t d = context_.weights.config.width;
  const std::vector<RowBlock> blocks = blocks_.take_full();
  std::vector<float> merged(blocks.size() * kPairs * d);
  // Beside an odd last row lies a zero row, as blocks begin.
  auto pairs_of = [](const RowBlock& block) { return (block.filled + 1) / 2; };
  context_.for_each(name_, blocks.size(), [&](std::size_t i) {
    float* y = merged.data() + i * kPairs * d;
    merge_.reduction.apply(set, blocks[i].rows.data(), y, d, pairs_of(blocks[i]));
    merge_.norm.apply(set, y, y, pairs_of(blocks[i]));
  });
  for (std::size_t i = 0; i < blocks.size(); ++i)
    next_.take(blocks[i].position / 2, pairs_of(blocks[i]), merged.data() + i * kPairs * d);
}

}  // namespace byteformer
