#include "train/modules.h"

#include <torch/torch.h>

#include <cmath>

#include "byteformer/error.h"
#include "model/parameters.h"
#include "train/rows.h"

namespace byteformer {
namespace {

namespace F = torch::nn::functional;

// A copy: autograd keeps it until the backward pass, when the layout is gone.
torch::Tensor index(const std::vector<std::int64_t>& values) {
  return torch::tensor(at::ArrayRef<std::int64_t>(values), torch::kInt64);
}

std::vector<std::int64_t> sizes_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

}  // namespace

TrainableModel::TrainableModel(const ModelConfig& config, EmbeddingInit init, std::uint64_t seed,
                               torch::Dtype dtype)
    : config_(config) {
  check(config);
  const TensorMap start = initial_weights(config, init, seed);
  for (const ParameterSpec& p : parameter_table(config))
    tensors_[p.name] = from_tensor(start.at(p.name), dtype).set_requires_grad(p.trained);
}

torch::Tensor TrainableModel::linear(const std::string& name, const torch::Tensor& x) const {
  return torch::linear(x, at(name + ".weight"), at(name + ".bias"));
}

torch::Tensor TrainableModel::norm(const std::string& name, const torch::Tensor& x) const {
  return torch::layer_norm(x, {x.size(-1)}, at(name + ".weight"), at(name + ".bias"),
                           ModelConfig::kLayerNormEps);
}

torch::Tensor TrainableModel::stem(const BatchLayout& layout) const {  // -> [tokens, d]
  const auto d = static_cast<std::int64_t>(config_.width),
             k = static_cast<std::int64_t>(config_.kernel_size);
  // The padding row is zero and stays zero: it is put in anew, so that no gradient reaches it.
  const torch::Tensor& stored = at("embeddings.weight");
  const torch::Tensor embedding =
      torch::cat({stored.narrow(0, 0, 256), torch::zeros({1, d}, stored.options())});  // [257, d]
  // T[p, b, o] = sum over i of W[o, i, p] * E[b, i]; without a stem a token is a byte's embedding.
  torch::Tensor table = embedding;
  if (k > 0) {
    const torch::Tensor conv = at("token_reduction_net.weight");                    // [d, d, k]
    const torch::Tensor by_position = conv.permute({1, 2, 0}).reshape({d, k * d});  // [i, p o]
    table =
        torch::mm(embedding, by_position).view({257, k, d}).transpose(0, 1).reshape({k * 257, d});
    table = table.to(embedding.scalar_type());  // autocast's product is BF16, which rows.cc lacks
  }
  const torch::Tensor tokens =
      sum_table_rows(table, layout.table_rows, std::max<std::int64_t>(k, 1));
  // Positions are a table with a single slice.
  return tokens +
         sum_table_rows(at("pos_embed.pos_embed.pos_embed").view({-1, d}), layout.positions, 1);
}

torch::Tensor TrainableModel::layer(std::size_t i, const torch::Tensor& rows,
                                    const LayerLayout& layout) const {
  const auto d = static_cast<std::int64_t>(config_.width), w = layout.window,
             heads = static_cast<std::int64_t>(config_.heads);
  const std::string p = layer_prefix(i);
  torch::Tensor x = move_rows(rows, layout.gather).view({-1, w, d});  // [windows, w, d]
  const torch::Tensor qkv = linear(p + "pre_norm_mha.1.qkv_proj", norm(p + "pre_norm_mha.0", x))
                                .view({-1, w, 3, heads, ModelConfig::kHeadSize})
                                .permute({2, 0, 3, 1, 4});  // [3, windows, heads, w, 64]
  std::optional<torch::Tensor> mask;
  if (!layout.attended.empty()) {
    const auto* flags = layout.attended.data();
    mask = torch::from_blob(const_cast<std::uint8_t*>(flags), {x.size(0), 1, 1, w}, torch::kUInt8)
               .to(torch::kBool);
  }
  const torch::Tensor mixed =
      torch::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], mask);  // scale 1/8
  x = x + linear(p + "pre_norm_mha.1.out_proj", mixed.transpose(1, 2).reshape({-1, w, d}));
  x = x + linear(p + "pre_norm_ffn.4",
                 torch::gelu(linear(p + "pre_norm_ffn.1", norm(p + "pre_norm_ffn.0", x))));
  return move_rows(x.reshape({-1, d}), layout.scatter);
}

torch::Tensor TrainableModel::merge(std::size_t i, const torch::Tensor& x,
                                    const LayerLayout& layout) const {
  const auto d = static_cast<std::int64_t>(config_.width);
  // The feature of a merged row is laid out channel by channel, each channel's two tokens side by
  // side (2c + t). Permuting the weight's columns to t*d + c instead saves a transpose of the rows.
  const torch::Tensor weight =
      at(merge_prefix(i) + "reduction.weight").view({d, d, 2}).transpose(1, 2).reshape({d, 2 * d});
  return norm(merge_prefix(i) + "norm",
              torch::linear(move_rows(x, layout.pairs).view({-1, 2 * d}), weight));
}

torch::Tensor TrainableModel::forward(const Batch& batch) const {
  const BatchLayout layout = layout_of(batch, config_);
  torch::Tensor x = stem(layout);
  for (std::size_t i = 0; i < config_.layers; ++i) {
    x = layer(i, x, layout.layers[i]);
    if (config_.merges[i]) x = merge(i, x, layout.layers[i]);
  }
  x = norm("post_transformer_norm", x);
  // A file without a real row has the mean zero.
  const torch::Tensor mean = F::embedding_bag(
      index(layout.mean_rows), x,
      F::EmbeddingBagFuncOptions().offsets(index(layout.mean_offsets)).mode(torch::kMean));
  return linear("classifier", mean);
}

void TrainableModel::load(const TensorMap& weights) {
  check_tensors(config_, weights);
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : tensors_)
    tensor.copy_(from_tensor(weights.at(name), tensor.scalar_type()));
}

TensorMap TrainableModel::weights() const {
  TensorMap weights;
  for (const auto& [name, tensor] : tensors_)
    weights[name] = to_tensor(tensor.detach().to(torch::kFloat32));
  return weights;
}

Tensor to_tensor(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().to(torch::kCPU).contiguous();
  const auto* bytes = static_cast<const std::byte*>(flat.data_ptr());
  return {flat.scalar_type() == torch::kFloat64 ? DType::kF64 : DType::kF32,
          {flat.sizes().begin(), flat.sizes().end()},
          std::vector<std::byte>(bytes, bytes + flat.nbytes())};
}

torch::Tensor from_tensor(const Tensor& tensor, torch::Dtype dtype) {
  std::vector<double> values = tensor.to_doubles();
  return torch::from_blob(values.data(), sizes_of(tensor.shape), torch::kFloat64)
      .to(dtype, /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace byteformer
