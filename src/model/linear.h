// The two building blocks that hold weights, packed for a set of kernels once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "model/config.h"
#include "tensor/tensor.h"

namespace byteformer {

// y = x W^T + b, its weight [out, in] packed.
struct Linear {
  std::size_t out = 0, in = 0;
  std::vector<float> packed, bias;  // bias may be empty

  // y [rows, out], rows ldy apart, from x [rows, in], rows in apart.
  void apply(const kernels::Set& set, const float* x, float* y, std::size_t ldy, std::size_t rows,
             kernels::Epilogue epilogue = kernels::Epilogue::kStore) const {
    apply(set, 0, out, x, y, ldy, rows, epilogue);
  }
  // The same for `count` of the outputs, from `first` on, which is a multiple of 64: y [rows,
  // count].
  void apply(const kernels::Set& set, std::size_t first, std::size_t count, const float* x,
             float* y, std::size_t ldy, std::size_t rows,
             kernels::Epilogue epilogue = kernels::Epilogue::kStore) const {
    set.product(x, in, packed.data() + first * in, bias.empty() ? nullptr : bias.data() + first, y,
                ldy, rows, count, in, epilogue);
  }
};

struct Norm {
  std::vector<float> weight, bias;

  // y [rows, d] from x [rows, d]; y may be x.
  void apply(const kernels::Set& set, const float* x, float* y, std::size_t rows) const {
    set.layer_norm(x, weight.data(), bias.data(), static_cast<float>(ModelConfig::kLayerNormEps), y,
                   rows, weight.size());
  }
};

// Reads the tensors of a model's table, each in its shape.
class WeightReader {
 public:
  // Throws ModelError for a tensor that is missing, left over, or of another shape.
  WeightReader(const ModelConfig& config, const TensorMap& weights, const kernels::Set& set);

  std::vector<float> floats(const std::string& name) const;
  Norm norm(const std::string& name) const;
  Linear linear(const std::string& name, bool has_bias = true) const;
  // A linear of a weight [out, in] that was changed after reading.
  Linear packed(std::span<const float> weight, std::vector<float> bias, std::size_t out,
                std::size_t in) const;

 private:
  const TensorMap& weights_;
  const kernels::Set& set_;
};

}  // namespace byteformer
