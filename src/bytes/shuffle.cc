#include "bytes/shuffle.h"

#include <algorithm>
#include <string>

#include "byteformer/error.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;

void check(const ShuffleOptions& options) {
  if (options.stride == 0)
    throw ConfigError("the stride of a shuffle is 0, but must be at least 1. The paper uses 1024.");
  if (options.window_size == 0 || options.window_size > kLargestShuffleWindow)
    throw ConfigError("the window of a shuffle is " + std::to_string(options.window_size) +
                      " bytes, but must be from 1 to " + std::to_string(kLargestShuffleWindow) +
                      ". The paper uses 1024.");
}

Bytes permuted(std::span<const std::uint8_t> bytes, std::span<const std::size_t> permutation) {
  Bytes out;
  out.reserve(bytes.size());
  for (const std::size_t i : permutation) out.push_back(bytes[i]);
  return out;
}

Bytes by_stride(std::span<const std::uint8_t> bytes, std::size_t stride) {
  Bytes out;
  out.reserve(bytes.size());
  for (std::size_t first = 0; first < std::min(stride, bytes.size()); ++first)
    for (std::size_t i = first; i < bytes.size(); i += std::min(stride, bytes.size() - i))
      out.push_back(bytes[i]);
  return out;
}

Bytes by_window(std::span<const std::uint8_t> bytes, std::span<const std::size_t> permutation) {
  Bytes out(bytes.begin(), bytes.end());
  const std::size_t window = permutation.size();
  for (std::size_t start = 0; bytes.size() - start >= window; start += window)
    for (std::size_t i = 0; i < window; ++i) out[start + i] = bytes[start + permutation[i]];
  return out;
}

}  // namespace

ByteShuffle::ByteShuffle(const ShuffleOptions& options, Random& random) : options_(options) {
  check(options);
  window_ = random.permutation(options.window_size);
}

Bytes ByteShuffle::operator()(std::span<const std::uint8_t> bytes, Random& random) const {
  switch (options_.mode) {
    case ShuffleMode::kReverse:
      return {bytes.rbegin(), bytes.rend()};
    case ShuffleMode::kRandomShuffle:
      return permuted(bytes, random.permutation(bytes.size()));
    case ShuffleMode::kCyclicHalfLength: {
      Bytes out(bytes.begin(), bytes.end());
      std::rotate(out.rbegin(), out.rbegin() + static_cast<std::ptrdiff_t>(out.size() / 2),
                  out.rend());
      return out;
    }
    case ShuffleMode::kStride:
      return by_stride(bytes, options_.stride);
    case ShuffleMode::kWindowShuffle:
      return by_window(bytes, window_);
  }
  return {};
}

}  // namespace byteformer
