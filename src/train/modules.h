// The model as it is trained: BYTEFORMER's forward pass on LibTorch tensors, for ragged batches.
//
// The stem trains through the table: T [k, 257, d] is rebuilt each step from the convolution W and
// the embedding E, and a token is a sum of k rows of it; gradients flow back to W and E through two
// small products.
#pragma once

#include <ATen/core/Tensor.h>

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
  // the same weights. `options`: their type and device.
  TrainableModel(const ModelConfig& config, EmbeddingInit init, std::uint64_t seed,
                 const at::TensorOptions& options = at::kFloat);

  const ModelConfig& config() const { return config_; }
  at::Device device() const { return at("classifier.weight").device(); }

  // Keep only each layer's input for the backward pass and compute the rest again: a fraction of
  // the memory for a third more work.
  void checkpoint_activations(bool on) { recompute_ = on; }

  // Whether the project's kernels train it, under the autocast of now; LibTorch's operations do
  // where they cannot, and know no checkpoint_activations().
  bool runs_on_kernels() const;

  // Logits [files, classes], in the parameters' type.
  at::Tensor forward(const Batch& batch) const;

  // By the names of the parameter table, which the model's state dict has too.
  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
  bool is_trained(const std::string& name) const { return tensors_.at(name).requires_grad(); }

  // Copies values in (any floating type). Throws ModelError as check_tensors().
  void load(const TensorMap& weights);
  TensorMap weights() const;  // as F32

 private:
  at::Tensor stem(const BatchLayout& layout) const;
  at::Tensor layer(std::size_t i, const at::Tensor& x, const LayerLayout& layout) const;
  at::Tensor merge(std::size_t i, const at::Tensor& x, const LayerLayout& layout) const;
  at::Tensor linear(const std::string& name, const at::Tensor& x) const;
  at::Tensor norm(const std::string& name, const at::Tensor& x) const;
  const at::Tensor& at(const std::string& name) const { return tensors_.at(name); }

  ModelConfig config_;
  std::map<std::string, at::Tensor> tensors_;
  bool recompute_ = false;
};

// Between tensors of ours and LibTorch's; F32 or F64.
Tensor to_tensor(const at::Tensor& tensor);
at::Tensor from_tensor(const Tensor& tensor, const at::TensorOptions& options);

}  // namespace byteformer
