// Where the rows of a ragged batch go in each layer: windows, merges and the final mean, as index
// lists.
//
// Tokens of all files lie end to end: row r of file f. A layer gathers rows into windows [windows,
// w]; -1 is a zero row. Under strict masking a window holds the rows with equal floor((a - s) / w)
// and nothing is spent on the padding between files; under reference masking each file is padded
// with zero rows to a multiple of w, which are attended to, and rolled.
#pragma once

#include <cstdint>
#include <vector>

#include "data/batch.h"
#include "model/config.h"

namespace byteformer {

struct LayerLayout {
  std::int64_t window = 0;           // w
  std::vector<std::int64_t> gather;  // [windows * w]: row, or -1 for a zero row
  std::vector<std::int64_t>
      scatter;  // [rows]: place in gather, or -1 for a row that no window needs
  std::vector<std::uint8_t>
      attended;  // [windows * w]: 1 where the slot may be attended to; empty: everywhere
  std::vector<std::int64_t> pairs;  // [merged rows * 2]: row or -1, if a merge follows; else empty
};

struct BatchLayout {
  std::vector<std::int64_t> table_rows;  // [tokens * k]: p * 257 + id; without a stem [tokens]: id
  std::vector<std::int64_t> positions;   // [tokens]: place of the token in its file
  std::vector<LayerLayout> layers;
  std::vector<std::int64_t> mean_rows;     // real rows of all files at the end
  std::vector<std::int64_t> mean_offsets;  // [files]: where a file's begin in mean_rows
};

// Requires each file to be at least k ids long. Throws UsageError if one has more tokens than
// max_tokens, with its name.
BatchLayout layout_of(const Batch& batch, const ModelConfig& config);

// The reference's batch: every file padded with -1 to the longest one, which its zero embeddings
// then take part in.
Batch padded(const Batch& batch);

}  // namespace byteformer
