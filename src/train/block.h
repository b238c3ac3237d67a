// A transformer block over windows on the project's own kernels, forward and backward: what a step
// of training spends its time in.
//
//   x = x + out_proj(attention(qkv_proj(norm_1(x)))), then x = x + fc_2(gelu(fc_1(norm_2(x))))
//
// A chunk is a few whole windows, their rows end to end; it passes through the whole block while it
// is in the caches. Sums over rows have one order, that of the chunks that one caller passes.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/gradients.h"
#include "kernels/kernels.h"
#include "tensor/aligned.h"

namespace byteformer {

// A block's parameters, or sums of their gradients, as the parameter table lays them out.
struct BlockTensors {
  enum Index {
    kNorm1Weight,
    kNorm1Bias,
    kQkvWeight,  // [3d, d]
    kQkvBias,
    kOutWeight,  // [d, d]
    kOutBias,
    kNorm2Weight,
    kNorm2Bias,
    kFc1Weight,  // [hidden, d]
    kFc1Bias,
    kFc2Weight,  // [d, hidden]
    kFc2Bias,
    kCount
  };
  std::array<float*, kCount> of{};
  float* operator[](Index i) const { return of[i]; }
};

struct BlockShape {
  std::size_t d = 0, hidden = 0;  // multiples of 64
};

// What the forward pass of a chunk keeps for the backward one: rows of elements, but `middle`.
struct BlockActivations {
  std::byte* qkv;       // [rows, 3d], queries times log2(e) / 8
  std::byte* mixed;     // [rows, d]: of the heads
  float* middle;        // [rows, d]: x after attention
  std::byte* expanded;  // [rows, hidden]: before GELU
};

class Block {
 public:
  enum class Direction { kForward, kBackward, kBoth };

  // The set offers gradients in this precision, which is float32 or BF16. Weights are packed here,
  // for the directions that will be asked for: a block is made anew after each step.
  Block(const kernels::Set& set, kernels::Precision precision, BlockShape shape,
        const BlockTensors& weights, Direction direction);

  // Working memory of one chunk, for one thread.
  std::size_t memory_size(std::size_t rows, std::size_t longest_window) const;

  // x [rows, d] in place; windows are lengths that add up to rows.
  void forward(float* x, std::span<const std::size_t> windows, const BlockActivations& kept,
               std::byte* memory) const;

  // dx [rows, d]: the gradient of the result, in place to that of x. x is what forward() was given.
  // Adds to the sums.
  void backward(const float* x, float* dx, std::span<const std::size_t> windows,
                const BlockActivations& kept, const BlockTensors& sums, std::byte* memory) const;

  std::size_t element_size() const { return arithmetic_.element_size; }
  const BlockShape& shape() const { return shape_; }

 private:
  // A part of the hidden channels, and the weights that lead to and from them.
  struct Hidden {
    std::size_t first, count;
    AlignedBytes fc1, fc2, fc1_back, fc2_back;
  };
  struct Memory;

  AlignedBytes packed(const std::byte* elements, std::size_t ld, std::size_t n, std::size_t k,
                      bool transposed) const;
  const std::byte* normed(const float* x, BlockTensors::Index norm, std::size_t rows,
                          const Memory& memory) const;
  // sums [n, k] += dy^T x, for dy [rows, n] turned and x [rows, k] packed.
  void add_weight_gradient(const std::byte* turned, const std::byte* packed, float* sums,
                           std::size_t ld, std::size_t n, std::size_t k, std::size_t rows) const;

  const kernels::Set& set_;
  const kernels::Arithmetic& arithmetic_;
  const kernels::Gradients& gradients_;
  const kernels::GradientSet& gradient_set_;
  BlockShape shape_;
  BlockTensors weights_;
  std::vector<float> qkv_bias_;  // queries' scaled
  AlignedBytes qkv_, out_, out_back_;
  std::array<AlignedBytes, 3> qkv_back_;  // of queries, keys, values
  std::vector<Hidden> hidden_;
};

}  // namespace byteformer
