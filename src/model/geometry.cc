#include "model/geometry.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace byteformer {

std::size_t tokens_for(std::size_t bytes, std::size_t kernel_size) {
  if (kernel_size == 0) return std::max<std::size_t>(bytes, 1);
  return (std::max(bytes, kernel_size) - kernel_size) / (kernel_size / 2) + 1;
}

std::size_t max_bytes_for(std::size_t tokens, std::size_t kernel_size) {
  if (kernel_size == 0) return tokens;
  const std::size_t stride = kernel_size / 2;
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  if (tokens > (most - kernel_size) / stride) return most;
  // One byte more would complete the next kernel.
  return (tokens - 1) * stride + kernel_size + stride - 1;
}

std::vector<std::int32_t> ids_of(std::span<const std::uint8_t> bytes, std::size_t kernel_size) {
  std::vector<std::int32_t> ids(std::max({bytes.size(), kernel_size, std::size_t{1}}), -1);
  std::copy(bytes.begin(), bytes.end(), ids.begin());
  return ids;
}

std::vector<bool> real_tokens(std::span<const std::int32_t> ids, std::size_t kernel_size) {
  const std::size_t n = tokens_for(ids.size(), kernel_size);
  std::size_t end = ids.size();
  while (end > 0 && ids[end - 1] < 0) --end;
  std::vector<bool> real(n, false);
  if (end == 0) return real;  // an empty file has no real token
  const std::size_t stride = kernel_size == 0 ? 1 : kernel_size / 2;
  const std::size_t reach = std::max<std::size_t>(kernel_size, 1);
  for (std::size_t t = 0; t < std::min(n, tokens_for(end, kernel_size)); ++t) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(t * stride);
    const auto last =
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(t * stride + reach, ids.size()));
    real[t] = std::any_of(first, last, [](std::int32_t id) { return id >= 0; });
  }
  return real;
}

namespace {

std::vector<WindowRows> reference_windows(std::size_t n, std::size_t w, std::size_t s) {
  const std::size_t padded = (n + w - 1) / w * w;
  std::vector<WindowRows> windows(padded / w);
  for (std::size_t j = 0; j < padded; ++j) {
    const std::size_t row = (j + s) % padded;
    windows[j / w].push_back(row < n ? static_cast<std::ptrdiff_t>(row) : -1);
  }
  return windows;
}

std::vector<WindowRows> strict_windows(std::size_t n, std::size_t w, std::size_t s) {
  std::vector<WindowRows> windows;
  const std::size_t first = s % w == 0 ? w : s % w;  // rows of the first window
  for (std::size_t begin = 0, end = first; begin < n; begin = end, end += w) {
    WindowRows& window = windows.emplace_back(std::min(end, n) - begin);
    std::iota(window.begin(), window.end(), static_cast<std::ptrdiff_t>(begin));
  }
  return windows;
}

}  // namespace

std::vector<WindowRows> windows_of(std::size_t n, std::size_t w, std::size_t s, Masking masking) {
  return masking == Masking::kStrict ? strict_windows(n, w, s) : reference_windows(n, w, s);
}

}  // namespace byteformer
