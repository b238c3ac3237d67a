#include "model/row_blocks.h"

#include <algorithm>

namespace byteformer {

void RowBlocks::put(std::size_t position, std::size_t count, const float* rows) {
  while (count > 0) {
    const std::size_t number = position / capacity_, slot = position % capacity_,
                      run = std::min(count, capacity_ - slot);
    const auto at = open_.try_emplace(number).first;
    RowBlock& block = at->second;
    if (block.rows.empty()) {
      block.position = number * capacity_;
      block.rows.resize(capacity_ * width_);
    }
    std::copy_n(rows, run * width_, block.rows.data() + slot * width_);
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
  for (auto& [number, block] : open_) full_.push_back(std::move(block));
  open_.clear();
}

}  // namespace byteformer
