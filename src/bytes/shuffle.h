// Puts the bytes of a file in another order: the paper's study of what locality is worth, and the
// reference's image_augmentation.shuffle_bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace byteformer {

enum class ShuffleMode {
  kReverse,           // out[i] = in[n - 1 - i]
  kRandomShuffle,     // another permutation for every file
  kCyclicHalfLength,  // out[(i + n/2) mod n] = in[i]
  kStride,            // in[0], in[stride], in[2 stride], ..., then from in[1], in[2], ...
  kWindowShuffle,     // one permutation within every whole window; what is left at the end stays
};

struct ShuffleOptions {
  ShuffleMode mode = ShuffleMode::kReverse;
  std::size_t stride = 1024;       // bytes; for kStride
  std::size_t window_size = 1024;  // bytes; for kWindowShuffle; at most kLargestShuffleWindow
};

// A window costs 8 bytes a position, whatever the length of the files.
inline constexpr std::size_t kLargestShuffleWindow = std::size_t{1} << 24;

// Const after construction; any number of threads may call it with generators of their own.
class ByteShuffle {
 public:
  // Draws the windows' permutation in every mode, as the reference does. The reference builds its
  // transforms anew for each batch, so there a permutation of windows lives as long as a batch.
  // Throws ConfigError if the stride or the window is 0, or the window too large.
  ByteShuffle(const ShuffleOptions& options, Random& random);

  // The bytes in their new order; as many as came in. Draws only in mode kRandomShuffle.
  std::vector<std::uint8_t> operator()(std::span<const std::uint8_t> bytes, Random& random) const;

 private:
  ShuffleOptions options_;
  std::vector<std::size_t> window_;  // [window_size], a permutation
};

}  // namespace byteformer
