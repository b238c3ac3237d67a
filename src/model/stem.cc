#include "model/stem.h"

#include <algorithm>

#include "base/parallel.h"
#include "model/parameters.h"

namespace byteformer {
namespace {

// Tokens that are made at a time: a slice of the table serves them all while it is in the caches.
constexpr std::size_t kChunk = 4096;
// Of them, those that a thread adds positions to: in the second cache until they are passed on.
constexpr std::size_t kPart = 256;

}  // namespace

void Stem::push(std::span<const std::uint8_t> bytes) {
  const std::size_t k = context_.weights.kernel_size, stride = context_.weights.stride;
  while (!bytes.empty()) {
    const std::size_t wanted = (kChunk - 1) * stride + k,
                      count = std::min(bytes.size(), wanted - ids_.size());
    ids_.insert(ids_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (ids_.size() == wanted) run(kChunk);
  }
}

void Stem::finish() {
  const std::size_t k = context_.weights.kernel_size, stride = context_.weights.stride;
  const bool is_empty = done_ == 0 && ids_.empty();
  if (is_empty && context_.weights.config.masking == Masking::kStrict)
    return next_.finish(0);  // no token is real
  if (done_ == 0 && ids_.size() < k) ids_.resize(k, ModelConfig::kPaddingId);
  if (ids_.size() >= k) run((ids_.size() - k) / stride + 1);
  next_.finish(done_);
}

void Stem::add_positions(std::size_t first, std::size_t count, float* rows) const {
  const StagedWeights& w = context_.weights;
  const std::size_t d = w.config.width, table = w.config.max_tokens;
  const std::size_t listed = first < table ? std::min(count, table - first) : 0;
  const float* positions = w.positions.data() + first * d;
  for (std::size_t i = 0; i < listed * d; ++i) rows[i] += positions[i];
  if (listed == count) return;  // else sinusoidal: learned ones end with the table
  const std::vector<float> beyond = sinusoidal_positions(count - listed, d, first + listed);
  for (std::size_t i = 0; i < beyond.size(); ++i) rows[listed * d + i] += beyond[i];
}

void Stem::run(std::size_t tokens) {
  const StagedWeights& w = context_.weights;
  const std::size_t d = w.config.width, slice = kernels::kTableSlice;
  Buffer buffer(w.buffers, tokens * d * sizeof(float));
  float* rows = buffer.floats();
  context_.for_each("stem", d / slice, [&](std::size_t i) {
    const std::size_t c = i * slice;
    w.set.sum_rows(w.table.data() + c * w.kernel_size * kernels::kTableEntries, ids_.data(), tokens,
                   w.stride, w.kernel_size, rows + c, d);
  });
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(tokens * w.stride));
  // Not with the sums: positions come from memory, in order, which slices would break up.
  const std::size_t group = kPart * (context_.pool == nullptr ? 1 : context_.pool->threads());
  for (std::size_t first = 0; first < tokens; first += group) {
    const std::size_t count = std::min(group, tokens - first);
    context_.for_each("positions", (count + kPart - 1) / kPart, [&](std::size_t part) {
      const std::size_t begin = first + part * kPart, end = std::min(first + count, begin + kPart);
      add_positions(done_ + begin, end - begin, rows + begin * d);
    });
    next_.take(done_ + first, count, rows + first * d);
  }
  done_ += tokens;
}

}  // namespace byteformer
