#include "model/linear.h"

#include "model/parameters.h"

namespace byteformer {

Linear::Linear(const kernels::Arithmetic& arithmetic, std::span<const float> weight,
               std::vector<float> bias, std::size_t out, std::size_t in)
    : arithmetic_(&arithmetic),
      out_(out),
      in_(in),
      packed_(arithmetic.packed_size(out, in)),
      bias_(std::move(bias)) {
  arithmetic.pack(weight.data(), in, 1, out, in, packed_.data());
}

void Linear::apply(std::size_t first, std::size_t count, const void* x, void* y, std::size_t ldy,
                   std::size_t rows, kernels::Epilogue epilogue) const {
  arithmetic_->product(
      x, arithmetic_->operand_size(in_), packed_.data() + arithmetic_->packed_size(first, in_),
      bias_.empty() ? nullptr : bias_.data() + first, y, ldy, rows, count, in_, epilogue);
}

WeightReader::WeightReader(const ModelConfig& config, const TensorMap& weights)
    : weights_(weights) {
  check_tensors(config, weights);
}

Floats WeightReader::floats(const std::string& name) const { return Floats(weights_.at(name)); }

std::vector<float> WeightReader::copied(const std::string& name) const {
  return weights_.at(name).to_floats();
}

Norm WeightReader::norm(const std::string& name) const {
  return {copied(name + ".weight"), copied(name + ".bias")};
}

Linear WeightReader::linear(const kernels::Arithmetic& arithmetic, const std::string& name,
                            bool has_bias) const {
  const Tensor& weight = weights_.at(name + ".weight");
  return {arithmetic, Floats(weight), has_bias ? copied(name + ".bias") : std::vector<float>(),
          weight.shape[0], weight.shape[1]};
}

}  // namespace byteformer
