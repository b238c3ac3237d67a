// Keeps a fixed, pseudo-random part of a file's positions: the paper's camera that never records
// the rest of the pixels, and the reference's image_augmentation.mask_positions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace byteformer {

// Of files of one length: the positions that are kept depend on the length and the fraction alone.
// Const after construction; any number of threads may call it.
class PositionMask {
 public:
  // Keeps int(keep_fraction * length) positions (a product in double, truncated), which may be
  // none. Throws ConfigError unless 0 < keep_fraction <= 1.
  PositionMask(std::size_t length, double keep_fraction);

  std::span<const std::size_t> kept() const { return kept_; }  // ascending

  // The bytes at the kept positions, in order. Throws UsageError if the file has another length
  // (in the reference an IndexError: there the mask belongs to the first file of a batch).
  std::vector<std::uint8_t> operator()(std::span<const std::uint8_t> bytes) const;

 private:
  std::size_t length_;
  std::vector<std::size_t> kept_;
};

}  // namespace byteformer
