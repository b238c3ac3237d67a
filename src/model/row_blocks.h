// Gathers rows, in whatever order they come, into blocks of neighbouring positions.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "model/buffers.h"

namespace byteformer {

struct RowBlock {
  std::size_t position = 0;  // of its first row
  std::size_t filled = 0;    // rows that came
  Buffer rows;               // floats [capacity, d]; zero where no row came
};

class RowBlocks {
 public:
  // Blocks of `capacity` rows of d channels; block b begins at position b * capacity. Positions
  // below `lead` never come: the first block is full without them.
  RowBlocks(Buffers& buffers, std::size_t capacity, std::size_t width, std::size_t lead = 0)
      : buffers_(buffers), capacity_(capacity), width_(width), lead_(lead) {}

  void put(std::size_t position, std::size_t count, const float* rows);
  // No more rows come: what is not full counts as full, in order of position.
  void close();

  std::size_t full() const { return full_.size(); }
  std::vector<RowBlock> take_full() { return std::exchange(full_, {}); }  // in order of completion

 private:
  struct Open : RowBlock {
    std::size_t reached = 0;  // slots up to which rows came or are zero
  };
  void clear_up_to(Open& block, std::size_t slot);

  Buffers& buffers_;
  std::size_t capacity_, width_, lead_;
  std::map<std::size_t, Open> open_;  // by number
  std::vector<RowBlock> full_;
};

}  // namespace byteformer
