// Exact counts of parameters and multiply-accumulates (MACs); norms, softmax and GELU are not
// counted.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace byteformer {

struct Macs {
  std::uint64_t stem = 0, linears = 0, attention = 0, merges = 0, classifier = 0;
  std::uint64_t total() const { return stem + linears + attention + merges + classifier; }
};

std::uint64_t parameter_count(const ModelConfig& config);  // trained ones

// With the convolutional stem, as the reference computes. Padded: every window is full. Real rows:
// n rows, and the keys inside the last, partial window only.
Macs macs_padded(const ModelConfig& config, std::uint64_t bytes);
Macs macs_real_rows(const ModelConfig& config, std::uint64_t bytes);

// What the stem costs as a table: n * k * d additions, and the table's size in bytes (float32).
std::uint64_t table_additions(const ModelConfig& config, std::uint64_t bytes);
std::uint64_t table_bytes(const ModelConfig& config);

}  // namespace byteformer
