// The model as it is trained: BYTEFORMER's forward pass on LibTorch tensors, for ragged batches.
//
// The stem trains through the table: T [k, 257, d] is rebuilt each step from the convolution W and
// the embedding E, and a token is a sum of k rows of it; gradients flow back to W and E through two
// small products.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "data/batch.h"
#include "model/config.h"
#include "recipe/recipe.h"
#include "tensor/tensor.h"
#include "train/layout.h"

namespace byteformer {

class TrainableModel {
 public:
  // Parameters start as the parameter table says, embeddings as `init` says; the same seed gives
  // the same weights.
  TrainableModel(const ModelConfig& config, EmbeddingInit init, std::uint64_t seed,
                 torch::Dtype dtype = torch::kFloat32);

  const ModelConfig& config() const { return config_; }

  // Logits [files, classes], in the parameters' type.
  torch::Tensor forward(const Batch& batch) const;

  // By the names of the parameter table, which the model's state dict has too.
  const std::map<std::string, torch::Tensor>& tensors() const { return tensors_; }
  bool is_trained(const std::string& name) const { return tensors_.at(name).requires_grad(); }

  // Copies values in (any floating type). Throws ModelError as check_tensors().
  void load(const TensorMap& weights);
  TensorMap weights() const;  // as F32

 private:
  torch::Tensor stem(const BatchLayout& layout) const;
  torch::Tensor layer(std::size_t i, const torch::Tensor& x, const LayerLayout& layout) const;
  torch::Tensor merge(std::size_t i, const torch::Tensor& x, const LayerLayout& layout) const;
  torch::Tensor linear(const std::string& name, const torch::Tensor& x) const;
  torch::Tensor norm(const std::string& name, const torch::Tensor& x) const;
  const torch::Tensor& at(const std::string& name) const { return tensors_.at(name); }

  ModelConfig config_;
  std::map<std::string, torch::Tensor> tensors_;
};

// Between tensors of ours and LibTorch's; F32 or F64.
Tensor to_tensor(const torch::Tensor& tensor);
torch::Tensor from_tensor(const Tensor& tensor, torch::Dtype dtype);

}  // namespace byteformer
