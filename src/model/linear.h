// The two building blocks that hold weights, packed for a set of kernels once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "model/config.h"
#include "tensor/aligned.h"
#include "tensor/tensor.h"

namespace byteformer {

// y = x W^T + b, its weight [out, in] packed.
class Linear {
 public:
  Linear() = default;
  // bias may be empty.
  Linear(const kernels::Arithmetic& arithmetic, std::span<const float> weight,
         std::vector<float> bias, std::size_t out, std::size_t in);

  std::size_t out() const { return out_; }
  std::size_t in() const { return in_; }

  // y [rows, out], rows ldy elements apart, from operands x [rows, in].
  void apply(const void* x, void* y, std::size_t ldy, std::size_t rows,
             kernels::Epilogue epilogue = kernels::Epilogue::kStore) const {
    apply(0, out_, x, y, ldy, rows, epilogue);
  }
  // The same for `count` of the outputs, from `first` on, which is a multiple of 64: y [rows,
  // count].
  void apply(std::size_t first, std::size_t count, const void* x, void* y, std::size_t ldy,
             std::size_t rows, kernels::Epilogue epilogue = kernels::Epilogue::kStore) const;

 private:
  const kernels::Arithmetic* arithmetic_ = nullptr;
  std::size_t out_ = 0, in_ = 0;
  AlignedBytes packed_;
  std::vector<float> bias_;
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
  WeightReader(const ModelConfig& config, const TensorMap& weights);

  Floats floats(const std::string& name) const;
  std::vector<float> copied(const std::string& name) const;
  Norm norm(const std::string& name) const;
  Linear linear(const kernels::Arithmetic& arithmetic, const std::string& name,
                bool has_bias = true) const;

 private:
  const TensorMap& weights_;
};

}  // namespace byteformer
