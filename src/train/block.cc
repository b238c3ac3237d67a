#include "train/block.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/config.h"
#include "train/operands.h"

namespace byteformer {
namespace {

using kernels::Epilogue;

constexpr std::size_t kHead = ModelConfig::kHeadSize;
constexpr float kQueryScale = 1.44269504F / 8;  // log2(e) / sqrt(64)
// Hidden channels that pass through GELU at once: panels of so many stay in the first cache.
constexpr std::size_t kHiddenPart = 192;

}  // namespace

// Parts of a chunk's working memory, each on a boundary of its own.
struct Block::Memory {
  float* normed;               // [rows, d]
  std::byte* operands;         // elements [rows, d], rounded
  std::byte* slopes;           // elements [rows, d]
  std::byte *value, *to;       // elements [rows, a part of hidden]: GELU, and slopes of its input
  std::byte* qkv_slopes;       // elements [rows, 3d]
  std::byte *turned, *narrow;  // slopes of at most 3d, and of d, turned
  std::byte *packed, *values;  // as weights: [d, rows], [a part, rows]
  std::byte* scratch;          // of attention
  std::size_t size;

  Memory(const Block& block, std::size_t rows, std::size_t longest_window, std::byte* base)
      : size(0) {
    const std::size_t d = block.shape_.d, element = block.arithmetic_.element_size,
                      turned_row = kernels::transposed_size(rows, element);
    auto part = [&](std::size_t bytes) {
      std::byte* begin = base == nullptr ? nullptr : base + size;  // null: for the size alone
      size += aligned_size(bytes);
      return begin;
    };
    normed = reinterpret_cast<float*>(part(rows * d * sizeof(float)));
    operands = part(rows * d * element);
    slopes = part(rows * d * element);
    value = part(rows * kHiddenPart * element);
    to = part(rows * kHiddenPart * element);
    qkv_slopes = part(rows * 3 * d * element);
    turned = part(std::max(3 * d, kHiddenPart) * turned_row);
    narrow = part(d * turned_row);
    packed = part(block.arithmetic_.packed_size(d, rows));
    values = part(block.arithmetic_.packed_size(kHiddenPart, rows));
    scratch = part(std::max(block.arithmetic_.attention_scratch(longest_window),
                            block.gradients_.attention_scratch(longest_window)));
  }
};

AlignedBytes Block::packed(const std::byte* elements, std::size_t ld, std::size_t n, std::size_t k,
                           bool transposed) const {
  AlignedBytes to(arithmetic_.packed_size(n, k));
  (transposed ? gradients_.pack_transposed : gradients_.pack)(elements, ld, n, k, to.data());
  return to;
}

Block::Block(const kernels::Set& set, kernels::Precision precision, BlockShape shape,
             const BlockTensors& weights, Direction direction)
    : set_(set),
      arithmetic_(kernels::arithmetic_of(set, precision)),
      gradients_(*kernels::gradients_of(set, precision)),
      gradient_set_(kernels::gradients_of(set)),
      shape_(shape),
      weights_(weights),
      qkv_bias_(weights[BlockTensors::kQkvBias], weights[BlockTensors::kQkvBias] + 3 * shape.d) {
  const std::size_t d = shape.d, hidden = shape.hidden, element = arithmetic_.element_size;
  AlignedBytes memory(std::max(3 * d, hidden) * d * element);
  auto elements = [&](const float* w, std::size_t count) {
    return rounded(arithmetic_, w, count, memory.data());
  };

  const bool forward = direction != Direction::kBackward,
             backward = direction != Direction::kForward;
  const float* qkv = weights[BlockTensors::kQkvWeight];
  if (forward) {
    for (std::size_t i = 0; i < d; ++i) qkv_bias_[i] *= kQueryScale;
    std::vector<float> scaled(qkv, qkv + 3 * d * d);
    for (std::size_t i = 0; i < d * d; ++i) scaled[i] *= kQueryScale;
    qkv_ = packed(elements(scaled.data(), 3 * d * d), d, 3 * d, d, false);
  }
  if (backward) {
    const std::byte* w = elements(qkv, 3 * d * d);
    for (std::size_t i = 0; i < qkv_back_.size(); ++i)
      qkv_back_[i] = packed(w + i * d * d * element, d, d, d, true);
  }

  const std::byte* w = elements(weights[BlockTensors::kOutWeight], d * d);
  if (forward) out_ = packed(w, d, d, d, false);
  if (backward) out_back_ = packed(w, d, d, d, true);

  for (std::size_t i = 0; i < hidden; i += kHiddenPart)
    hidden_.push_back({i, std::min(kHiddenPart, hidden - i), {}, {}, {}, {}});
  w = elements(weights[BlockTensors::kFc1Weight], hidden * d);
  for (Hidden& part : hidden_) {
    const std::byte* rows = w + part.first * d * element;
    if (forward) part.fc1 = packed(rows, d, part.count, d, false);
    if (backward) part.fc1_back = packed(rows, d, d, part.count, true);
  }
  w = elements(weights[BlockTensors::kFc2Weight], hidden * d);
  for (Hidden& part : hidden_) {
    const std::byte* columns = w + part.first * element;
    if (forward) part.fc2 = packed(columns, hidden, d, part.count, false);
    if (backward) part.fc2_back = packed(columns, hidden, part.count, d, true);
  }
}

std::size_t Block::memory_size(std::size_t rows, std::size_t longest_window) const {
  return Memory(*this, rows, longest_window, nullptr).size;
}

const std::byte* Block::normed(const float* x, BlockTensors::Index norm, std::size_t rows,
                               const Memory& memory) const {
  const float *weight = weights_.of[norm], *bias = weights_.of[norm + 1];
  set_.layer_norm(x, weight, bias, static_cast<float>(ModelConfig::kLayerNormEps), memory.normed,
                  rows, shape_.d);
  return rounded(arithmetic_, memory.normed, rows * shape_.d, memory.operands);
}

void Block::forward(float* x, std::span<const std::size_t> windows, const BlockActivations& kept,
                    std::byte* memory_begin) const {
  std::size_t rows = 0, longest = 0;
  for (const std::size_t m : windows) rows += m, longest = std::max(longest, m);
  const Memory memory(*this, rows, longest, memory_begin);
  const std::size_t d = shape_.d, hidden = shape_.hidden, element = arithmetic_.element_size;

  const std::byte* h = normed(x, BlockTensors::kNorm1Weight, rows, memory);
  arithmetic_.product(h, d * element, qkv_.data(), qkv_bias_.data(), kept.qkv, 3 * d, rows, 3 * d,
                      d, Epilogue::kElements);
  std::size_t first = 0;
  for (const std::size_t m : windows) {
    for (std::size_t head = 0; head < d; head += kHead) {
      const std::byte* q = kept.qkv + (first * 3 * d + head) * element;
      arithmetic_.attention(q, q + d * element, q + 2 * d * element, 3 * d, m, m,
                            kept.mixed + (first * d + head) * element, d, memory.scratch);
    }
    first += m;
  }
  arithmetic_.product(kept.mixed, d * element, out_.data(), weights_[BlockTensors::kOutBias], x, d,
                      rows, d, d, Epilogue::kAdd);
  std::memcpy(kept.middle, x, rows * d * sizeof(float));

  h = normed(x, BlockTensors::kNorm2Weight, rows, memory);
  const float* bias = weights_[BlockTensors::kFc2Bias];  // added once
  for (const Hidden& part : hidden_) {
    const std::size_t begin = part.first, count = part.count;
    std::byte* expanded = kept.expanded + begin * element;
    arithmetic_.product(h, d * element, part.fc1.data(), weights_[BlockTensors::kFc1Bias] + begin,
                        expanded, hidden, rows, count, d, Epilogue::kElements);
    gradients_.gelu(expanded, hidden, rows, count, memory.value);
    arithmetic_.product(memory.value, count * element, part.fc2.data(),
                        std::exchange(bias, nullptr), x, d, rows, d, count, Epilogue::kAdd);
  }
}

void Block::add_weight_gradient(const std::byte* turned, const std::byte* packed, float* sums,
                                std::size_t ld, std::size_t n, std::size_t k,
                                std::size_t rows) const {
  arithmetic_.product(turned, kernels::transposed_size(rows, arithmetic_.element_size), packed,
                      nullptr, sums, ld, n, k, rows, Epilogue::kAdd);
}

void Block::backward(const float* x, float* dx, std::span<const std::size_t> windows,
                     const BlockActivations& kept, const BlockTensors& sums,
                     std::byte* memory_begin) const {
  std::size_t rows = 0, longest = 0;
  for (const std::size_t m : windows) rows += m, longest = std::max(longest, m);
  const Memory memory(*this, rows, longest, memory_begin);
  const std::size_t d = shape_.d, hidden = shape_.hidden, element = arithmetic_.element_size;
  const auto eps = static_cast<float>(ModelConfig::kLayerNormEps);

  // The feed-forward half.
  const std::byte* dy = rounded(arithmetic_, dx, rows * d, memory.slopes);
  gradients_.add_rows(dy, d, rows, d, sums[BlockTensors::kFc2Bias]);
  gradients_.transpose(dy, d, rows, d, memory.narrow);
  const std::byte* h = normed(kept.middle, BlockTensors::kNorm2Weight, rows, memory);
  gradients_.pack_transposed(h, d, d, rows, memory.packed);
  for (const Hidden& part : hidden_) {
    const std::size_t begin = part.first, count = part.count;
    arithmetic_.product(dy, d * element, part.fc2_back.data(), nullptr, memory.to, count, rows,
                        count, d, Epilogue::kElements);
    gradients_.gelu_gradient(kept.expanded + begin * element, hidden, memory.to, rows, count,
                             memory.value, memory.to);
    gradients_.pack_transposed(memory.value, count, count, rows, memory.values);
    add_weight_gradient(memory.narrow, memory.values, sums[BlockTensors::kFc2Weight] + begin,
                        hidden, d, count, rows);
    gradients_.add_rows(memory.to, count, rows, count, sums[BlockTensors::kFc1Bias] + begin);
    gradients_.transpose(memory.to, count, rows, count, memory.turned);
    add_weight_gradient(memory.turned, memory.packed, sums[BlockTensors::kFc1Weight] + begin * d, d,
                        count, d, rows);
    arithmetic_.product(memory.to, count * element, part.fc1_back.data(), nullptr, memory.normed, d,
                        rows, d, count, begin == 0 ? Epilogue::kStore : Epilogue::kAdd);
  }
  gradient_set_.layer_norm(kept.middle, weights_[BlockTensors::kNorm2Weight], eps, memory.normed,
                           dx, sums[BlockTensors::kNorm2Weight], sums[BlockTensors::kNorm2Bias],
                           rows, d);

  // The attention half.
  dy = rounded(arithmetic_, dx, rows * d, memory.slopes);
  gradients_.add_rows(dy, d, rows, d, sums[BlockTensors::kOutBias]);
  gradients_.transpose(dy, d, rows, d, memory.narrow);
  gradients_.pack_transposed(kept.mixed, d, d, rows, memory.packed);
  add_weight_gradient(memory.narrow, memory.packed, sums[BlockTensors::kOutWeight], d, d, d, rows);
  std::byte* mixed_slopes = memory.operands;
  arithmetic_.product(dy, d * element, out_back_.data(), nullptr, mixed_slopes, d, rows, d, d,
                      Epilogue::kElements);
  std::size_t first = 0;
  for (const std::size_t m : windows) {
    for (std::size_t head = 0; head < d; head += kHead) {
      const std::size_t at = (first * 3 * d + head) * element;
      const std::byte* q = kept.qkv + at;
      std::byte* dq = memory.qkv_slopes + at;
      gradients_.attention(q, q + d * element, q + 2 * d * element, 3 * d,
                           mixed_slopes + (first * d + head) * element, d, m, dq, dq + d * element,
                           dq + 2 * d * element, memory.scratch);
    }
    first += m;
  }
  gradients_.add_rows(memory.qkv_slopes, 3 * d, rows, 3 * d, sums[BlockTensors::kQkvBias]);
  gradients_.transpose(memory.qkv_slopes, 3 * d, rows, 3 * d, memory.turned);
  h = normed(x, BlockTensors::kNorm1Weight, rows, memory);
  gradients_.pack_transposed(h, d, d, rows, memory.packed);
  add_weight_gradient(memory.turned, memory.packed, sums[BlockTensors::kQkvWeight], d, 3 * d, d,
                      rows);
  for (std::size_t i = 0; i < qkv_back_.size(); ++i)
    arithmetic_.product(memory.qkv_slopes + i * d * element, 3 * d * element, qkv_back_[i].data(),
                        nullptr, memory.normed, d, rows, d, d,
                        i == 0 ? Epilogue::kStore : Epilogue::kAdd);
  gradient_set_.layer_norm(x, weights_[BlockTensors::kNorm1Weight], eps, memory.normed, dx,
                           sums[BlockTensors::kNorm1Weight], sums[BlockTensors::kNorm1Bias], rows,
                           d);
}

}  // namespace byteformer
