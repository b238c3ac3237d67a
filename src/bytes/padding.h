// The reference's batch: files of different lengths as one rectangle of ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace byteformer {

inline constexpr std::int32_t kPaddingId = -1;

// The rectangle grows with the product of files and longest file, not with their sum.
inline constexpr std::size_t kMostPaddedIds = std::size_t{1} << 31;  // 8 GiB

struct PaddedBatch {
  std::size_t files, length;      // length is that of the longest file
  std::vector<std::int32_t> ids;  // [files, length]: 0..255 a byte, -1 padding
};

// Throws UsageError if the batch would have more than kMostPaddedIds ids.
PaddedBatch pad_to_longest(std::span<const std::vector<std::uint8_t>> files);

}  // namespace byteformer
