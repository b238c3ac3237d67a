#include "model/layer_stage.h"

#include <algorithm>

#include "model/layer_pass.h"

namespace byteformer {
namespace {

// Products run over about so many rows: several windows share one pass over the weights.
constexpr std::size_t kBlockRows = 128;

std::size_t block_rows(std::size_t window) {
  return window * std::max<std::size_t>(1, kBlockRows / window);
}

// Positions before the first row: under strict masking the windows end at shift, shift + w, ..., so
// the first one may be partial.
std::size_t strict_lead(std::size_t window, std::size_t shift) {
  return (window - shift % window) % window;
}

}  // namespace

// A row's position: under strict masking row + lead. Under reference masking the padded sequence is
// rolled by -shift, so row - shift, and what falls below zero comes behind the padded end.
LayerStage::LayerStage(const StageContext& context, std::size_t layer, Stage& next)
    : context_(context),
      name_("layer " + std::to_string(layer)),
      layer_(context.weights.layers[layer]),
      next_(next),
      window_(context.weights.config.windows[layer]),
      shift_(context.weights.config.shifts[layer]),
      strict_(context.weights.config.masking == Masking::kStrict),
      lead_(strict_ ? strict_lead(window_, shift_) : 0),
      blocks_(context.weights.buffers, block_rows(window_), context.weights.config.width, lead_) {}

std::size_t LayerStage::padded_rows() const { return (total_ + window_ - 1) / window_ * window_; }

void LayerStage::take(std::size_t first, std::size_t count, const float* rows) {
  if (strict_) {
    blocks_.put(first + lead_, count, rows);
  } else {
    const std::size_t d = context_.weights.config.width,
                      early = first < shift_ ? std::min(count, shift_ - first) : 0;
    if (early > 0) {
      if (held_.size() < (first + early) * d) held_.resize((first + early) * d);
      std::copy_n(rows, early * d, held_.data() + first * d);
    }
    if (count > early) blocks_.put(first + early - shift_, count - early, rows + early * d);
  }
  if (blocks_.full() >= context_.grain) run();
}

void LayerStage::finish(std::size_t n) {
  total_ = n;
  if (!strict_) {
    const std::size_t d = context_.weights.config.width, padded = padded_rows();
    for (std::size_t row = 0; row < std::min(shift_, n);) {
      const std::size_t position = (row + padded - shift_ % padded) % padded,
                        count = std::min(std::min(shift_, n) - row, padded - position);
      blocks_.put(position, count, held_.data() + row * d);
      row += count;
    }
  }
  blocks_.close();
  run();
  next_.finish(n);
}

// Rows of a block that are computed: slots [begin, end).
LayerStage::Span LayerStage::span_of(const RowBlock& block) const {
  const std::size_t begin = block.position == 0 ? lead_ : 0;
  if (strict_) return {begin, begin + block.filled};
  if (total_ == 0) return {0, block.filled};  // full
  return {0, std::min(block_rows(window_), padded_rows() - block.position)};
}

// Slots of the padding that is computed with the block under reference masking: the first run of
// them; an empty one at its end where there is none.
LayerStage::Span LayerStage::unused_of(const RowBlock& block) const {
  const std::size_t end = span_of(block).end;
  if (strict_ || total_ == 0) return {end, end};
  auto is_padding = [&](std::size_t slot) {
    return (block.position + slot + shift_) % padded_rows() >= total_;
  };
  std::size_t first = 0;
  while (first < end && !is_padding(first)) ++first;
  std::size_t last = first;
  while (last < end && is_padding(last)) ++last;
  return {first, last};
}

void LayerStage::run() {
  std::vector<RowBlock> blocks = blocks_.take_full();
  const std::size_t d = context_.weights.config.width;
  context_.for_each(name_, blocks.size(), [&](std::size_t i) {
    const auto [begin, end] = span_of(blocks[i]);
    const Span unused = unused_of(blocks[i]);
    layer_pass(context_.weights, layer_,
               {blocks[i].rows.floats() + begin * d, end - begin,
                std::min(end, (begin / window_ + 1) * window_) - begin, window_,
                unused.begin - begin, unused.end - begin});
  });
  for (const RowBlock& block : blocks) pass_on(block);
}

void LayerStage::pass_on(const RowBlock& block) {
  const std::size_t d = context_.weights.config.width;
  const auto [begin, end] = span_of(block);
  const float* rows = block.rows.floats();
  if (strict_) return next_.take(block.position + begin - lead_, end - begin, rows + begin * d);
  if (total_ == 0) return next_.take(block.position + shift_, end, rows);
  const std::size_t padded = padded_rows();
  for (std::size_t slot = 0; slot < end;) {
    const std::size_t row = (block.position + slot + shift_) % padded,
                      run = std::min(end - slot, padded - row);  // up to the seam
    if (row < total_) next_.take(row, std::min(run, total_ - row), rows + slot * d);
    slot += run;
  }
}

}  // namespace byteformer
