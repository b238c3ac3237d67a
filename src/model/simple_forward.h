// The simple forward pass: the whole file at once, plain loops in the paper's order, float32. It is
// the definition that faster passes are compared with, and it stays.
//
// One row's arithmetic has one order, so the logits are the same bits whatever the number of
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/config.h"
#include "tensor/tensor.h"

namespace byteformer {

class ThreadPool;

// Called after each stage with its rows [rows, d]: "stem" (with positions), "layer<i>", "merge<i>",
// "norm", and "pooled"
// ([1, d]). `real` [rows] says which rows are not padding (all of them under reference masking).
using StageObserver =
    std::function<void(const std::string& stage, std::size_t rows, std::span<const float> values,
                       const std::vector<bool>& real)>;

class SimpleModel {
 public:
  // Takes a checked config and exactly the tensors of parameter_table(config). Throws ModelError
  // for one that is missing, left over, or of another shape, with its name and both shapes.
  SimpleModel(const ModelConfig& config, const TensorMap& weights);
  ~SimpleModel();
  SimpleModel(SimpleModel&&) noexcept;

  const ModelConfig& config() const;
  const char* kernels() const;  // the set of compute kernels in use, such as "avx2"

  // ids [L]: 0..255 a byte, -1 padding (a file alone has none, but for what fills it up to k).
  // Returns logits [classes]. Requires tokens_for(L, k) <= max_tokens, else UsageError, as for
  // another id. Const: any number of threads may call it. An empty file gives the classifier's bias
  // under strict masking. `pool` may be null: one thread.
  std::vector<float> logits(std::span<const std::int32_t> ids, ThreadPool* pool = nullptr,
                            const StageObserver& observe = nullptr) const;

 private:
  struct Weights;
  std::unique_ptr<const Weights> weights_;
};

}  // namespace byteformer
