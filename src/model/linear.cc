#include "model/linear.h"

#include "model/parameters.h"

namespace byteformer {

WeightReader::WeightReader(const ModelConfig& config, const TensorMap& weights,
                           const kernels::Set& set)
    : weights_(weights), set_(set) {
  check_tensors(config, weights);
}

std::vector<float> WeightReader::floats(const std::string& name) const {
  return weights_.at(name).to_floats();
}

Norm WeightReader::norm(const std::string& name) const {
  return {floats(name + ".weight"), floats(name + ".bias")};
}

Linear WeightReader::linear(const std::string& name, bool has_bias) const {
  const Tensor& weight = weights_.at(name + ".weight");
  return packed(weight.to_floats(), has_bias ? floats(name + ".bias") : std::vector<float>(),
                weight.shape[0], weight.shape[1]);
}

Linear WeightReader::packed(std::span<const float> weight, std::vector<float> bias, std::size_t out,
                            std::size_t in) const {
  Linear linear{out, in, std::vector<float>(set_.packed_size(out, in)), std::move(bias)};
  set_.pack(weight.data(), in, 1, out, in, linear.packed.data());
  return linear;
}

}  // namespace byteformer
