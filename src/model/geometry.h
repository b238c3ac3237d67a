// How bytes become tokens and tokens become windows: the integer arithmetic of the model, in one
// place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/config.h"

namespace byteformer {

// Tokens of a file of `bytes` bytes: n = (max(L, k) - k) / (k/2) + 1, integer division. k = 0:
// max(L, 1).
std::size_t tokens_for(std::size_t bytes, std::size_t kernel_size);

// The most bytes that make at most `tokens` tokens (tokens >= 1).
std::size_t max_bytes_for(std::size_t tokens, std::size_t kernel_size);

// ids are int32, -1 for padding. A file as ids, at least k of them (padded with -1).
std::vector<std::int32_t> ids_of(std::span<const std::uint8_t> bytes, std::size_t kernel_size);

// Which of the n tokens of `ids` are real under strict masking: within the file (which ends with
// its last id that is not -1) and not made of padding alone. Size n = tokens_for(ids.size(), k).
std::vector<bool> real_tokens(std::span<const std::int32_t> ids, std::size_t kernel_size);

// A window of a layer: the rows that may attend to each other, by slot; -1 is a zero row.
using WindowRows = std::vector<std::ptrdiff_t>;

// The windows of a layer over n rows. Reference masking: padded with zero rows to a multiple of w,
// rolled by -s, cut into windows of w slots. Strict masking: the rows with equal floor((a - s) /
// w), without zero rows; the first window may be partial as the last.
std::vector<WindowRows> windows_of(std::size_t n, std::size_t w, std::size_t s, Masking masking);

}  // namespace byteformer
