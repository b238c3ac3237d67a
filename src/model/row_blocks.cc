#include "model/row_blocks.h"

#include <algorithm>

namespace byteformer {

void RowBlocks::clear_up_to(Open& block, std::size_t slot) {
  if (slot <= block.reached) return;
  std::fill_n(block.rows.floats() + block.reached * width_, (slot - block.reached) * width_, 0.0F);
  block.reached = slot;
}

void RowBlocks::put(std::size_t position, std::size_t count, const float* rows) {
  while (count > 0) {
    const std::size_t number = position / capacity_, slot = position % capacity_,
                      run = std::min(count, capacity_ - slot);
    const auto at = open_.try_emplace(number).first;
    Open& block = at->second;
    if (block.filled == 0) {
      block.position = number * capacity_;
      block.rows = Buffer(buffers_, capacity_ * width_ * sizeof(float));
    }
    clear_up_to(block, slot);
    std::copy_n(rows, run * width_, block.rows.floats() + slot * width_);
    block.reached = std::max(block.reached, slot + run);
    block.filled += run;
    if (block.filled == capacity_ - (number == 0 ? lead_ : 0)) {
      full_.push_back(std::move(block));
      open_.erase(at);
    }
    position += run;
    rows += run * width_;
    count -= run;
  }
}

void RowBlocks::close() {
  for (auto& [number, block] : open_) {
    clear_up_to(block, capacity_);
    full_.push_back(std::move(block));
  }
  open_.clear();
}

}  // namespace byteformer
