#include "train/modules.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding_bag.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "byteformer/error.h"
#include "model/parameters.h"
#include "train/device.h"
#include "train/merged_rows.h"
#include "train/rows.h"
#include "train/stem_table.h"
#include "train/windowed_block.h"

namespace byteformer {
namespace {

std::vector<std::int64_t> sizes_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

}  // namespace

TrainableModel::TrainableModel(const ModelConfig& config, EmbeddingInit init, std::uint64_t seed,
                               const at::TensorOptions& options)
    : config_(config) {
  check(config);
  const TensorMap start = initial_weights(config, init, seed);
  for (const ParameterSpec& p : parameter_table(config))
    tensors_[p.name] = from_tensor(start.at(p.name), options).set_requires_grad(p.trained);
}

at::Tensor TrainableModel::linear(const std::string& name, const at::Tensor& x) const {
  return at::linear(x, at(name + ".weight"), at(name + ".bias"));
}

at::Tensor TrainableModel::norm(const std::string& name, const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, at(name + ".weight"), at(name + ".bias"),
                        ModelConfig::kLayerNormEps);
}

at::Tensor TrainableModel::stem(const BatchLayout& layout) const {  // -> [tokens, d]
  const auto d = static_cast<std::int64_t>(config_.width),
             k = static_cast<std::int64_t>(config_.kernel_size);
  // The padding row is zero and stays zero: it is put in anew, so that no gradient reaches it.
  const at::Tensor& stored = at("embeddings.weight");
  const at::Tensor embedding =
      at::cat({stored.narrow(0, 0, 256), at::zeros({1, d}, stored.options())});  // [257, d]
  // T[p, b, o] = sum over i of W[o, i, p] * E[b, i]; without a stem a token is a byte's embedding.
  at::Tensor table = embedding;
  if (k > 0) {
    const at::Tensor conv = at("token_reduction_net.weight");  // [d, d, k]
    if (const auto precision = kernel_precision(embedding, config_.ffn)) {
      table = stem_table(embedding, conv, *precision);
    } else {
      const at::Tensor by_position = conv.permute({1, 2, 0}).reshape({d, k * d});  // [i, p o]
      table =
          at::mm(embedding, by_position).view({257, k, d}).transpose(0, 1).reshape({k * 257, d});
      table = table.to(embedding.scalar_type());  // autocast's product is BF16, which rows.cc lacks
    }
  }
  const at::Tensor tokens = sum_table_rows(table, layout.table_rows, std::max<std::int64_t>(k, 1));
  // Positions are a table with a single slice.
  return tokens +
         sum_table_rows(at("pos_embed.pos_embed.pos_embed").view({-1, d}), layout.positions, 1);
}

at::Tensor TrainableModel::layer(std::size_t i, const at::Tensor& rows,
                                 const LayerLayout& layout) const {
  const auto d = static_cast<std::int64_t>(config_.width), w = layout.window,
             heads = static_cast<std::int64_t>(config_.heads);
  const std::string p = layer_prefix(i);
  if (const auto precision = kernel_precision(rows, config_.ffn)) {
    std::vector<at::Tensor> parameters;
    for (const char* part : {"pre_norm_mha.0", "pre_norm_mha.1.qkv_proj", "pre_norm_mha.1.out_proj",
                             "pre_norm_ffn.0", "pre_norm_ffn.1", "pre_norm_ffn.4"})
      for (const char* tensor : {".weight", ".bias"}) parameters.push_back(at(p + part + tensor));
    return windowed_block(rows, parameters, layout, *precision, recompute_);
  }
  // The same in LibTorch's operations: for float64, odd sizes, and BF16 without kernels for it.
  at::Tensor x = move_rows(rows, layout.gather).view({-1, w, d});  // [windows, w, d]
  const at::Tensor qkv = linear(p + "pre_norm_mha.1.qkv_proj", norm(p + "pre_norm_mha.0", x))
                             .view({-1, w, 3, heads, ModelConfig::kHeadSize})
                             .permute({2, 0, 3, 1, 4});  // [3, windows, heads, w, 64]
  std::optional<at::Tensor> mask;
  if (!layout.attended.empty()) {
    const auto* flags = layout.attended.data();
    mask = copied_to(x.device(), at::from_blob(const_cast<std::uint8_t*>(flags),
                                               {x.size(0), 1, 1, w}, at::kBool));
  }
  const at::Tensor mixed =
      at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], mask);  // scale 1/8
  x = x + linear(p + "pre_norm_mha.1.out_proj", mixed.transpose(1, 2).reshape({-1, w, d}));
  x = x + linear(p + "pre_norm_ffn.4",
                 at::gelu(linear(p + "pre_norm_ffn.1", norm(p + "pre_norm_ffn.0", x))));
  return move_rows(x.reshape({-1, d}), layout.scatter);
}

at::Tensor TrainableModel::merge(std::size_t i, const at::Tensor& x,
                                 const LayerLayout& layout) const {
  const std::string p = merge_prefix(i);
  if (const auto precision = kernel_precision(x, config_.ffn))
    return merged_rows(x, layout.pairs, at(p + "reduction.weight"), at(p + "norm.weight"),
                       at(p + "norm.bias"), *precision);
  const auto d = static_cast<std::int64_t>(config_.width);
  // The feature of a merged row is laid out channel by channel, each channel's two tokens side by
  // side (2c + t). Permuting the weight's columns to t*d + c instead saves a transpose of the rows.
  const at::Tensor weight =
      at(p + "reduction.weight").view({d, d, 2}).transpose(1, 2).reshape({d, 2 * d});
  const at::Tensor merged =
      norm(p + "norm", at::linear(move_rows(x, layout.pairs).view({-1, 2 * d}), weight));
  return merged.to(x.scalar_type());  // autocast leaves it in BF16
}

bool TrainableModel::runs_on_kernels() const {
  return kernel_precision(at("classifier.weight"), config_.ffn).has_value();
}

at::Tensor TrainableModel::forward(const Batch& batch) const {
  const BatchLayout layout = layout_of(batch, config_);
  at::Tensor x = stem(layout);
  for (std::size_t i = 0; i < config_.layers; ++i) {
    x = layer(i, x, layout.layers[i]);
    if (config_.merges[i]) x = merge(i, x, layout.layers[i]);
  }
  x = norm("post_transformer_norm", x);
  // A file without a real row has the mean zero.
  constexpr std::int64_t kMean = 1;
  const at::Tensor mean = std::get<0>(at::embedding_bag(x, index_tensor(layout.mean_rows, device()),
                                                        index_tensor(layout.mean_offsets, device()),
                                                        /*scale_grad_by_freq=*/false, kMean));
  return linear("classifier", mean);
}

void TrainableModel::load(const TensorMap& weights) {
  check_tensors(config_, weights);
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : tensors_) tensor.copy_(from_tensor(weights.at(name), tensor.dtype()));
}

TensorMap TrainableModel::weights() const {
  TensorMap weights;
  for (const auto& [name, tensor] : tensors_)
    weights[name] = to_tensor(tensor.detach().to(at::kFloat));
  return weights;
}

Tensor to_tensor(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kCPU).contiguous();
  const auto* bytes = static_cast<const std::byte*>(flat.data_ptr());
  return {flat.scalar_type() == at::kDouble ? DType::kF64 : DType::kF32,
          {flat.sizes().begin(), flat.sizes().end()},
          std::vector<std::byte>(bytes, bytes + flat.nbytes())};
}

at::Tensor from_tensor(const Tensor& tensor, const at::TensorOptions& options) {
  std::vector<double> values = tensor.to_doubles();
  return at::from_blob(values.data(), sizes_of(tensor.shape), at::kDouble)
      .to(options, /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace byteformer
