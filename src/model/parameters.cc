#include "model/parameters.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "byteformer/error.h"

namespace byteformer {

std::string layer_prefix(std::size_t layer) { return "transformer." + std::to_string(layer) + "."; }

std::string merge_prefix(std::size_t layer) {
  return "downsamplers.downsample_" + std::to_string(layer) + ".";
}

std::vector<ParameterSpec> parameter_table(const ModelConfig& config) {
  using enum Initialization;
  const std::size_t d = config.width, f = config.ffn;
  std::vector<ParameterSpec> table;
  auto add = [&](std::string name, Shape shape, Initialization start, bool trained = true) {
    const bool decays = trained && shape.size() > 1;
    table.push_back({std::move(name), std::move(shape), start, trained, decays});
  };
  auto linear = [&](const std::string& name, std::size_t out, std::size_t in) {
    add(name + ".weight", {out, in}, kXavierUniform);
    add(name + ".bias", {out}, kZeros);
  };
  auto norm = [&](const std::string& name) {
    add(name + ".weight", {d}, kOnes);
    add(name + ".bias", {d}, kZeros);
  };

  add("embeddings.weight", {ModelConfig::kVocabulary, d}, kTruncatedNormal);
  if (config.kernel_size > 0)
    add("token_reduction_net.weight", {d, d, config.kernel_size}, kConvUniform);
  const bool learned = config.positions == Positions::kLearned;
  add("pos_embed.pos_embed.pos_embed", {1, 1, config.max_tokens, d},
      learned ? kTruncatedNormal : kFixedSinusoid, learned);
  for (std::size_t i = 0; i < config.layers; ++i) {
    const std::string p = layer_prefix(i);
    norm(p + "pre_norm_mha.0");
    linear(p + "pre_norm_mha.1.qkv_proj", 3 * d, d);
    linear(p + "pre_norm_mha.1.out_proj", d, d);
    norm(p + "pre_norm_ffn.0");
    linear(p + "pre_norm_ffn.1", f, d);
    linear(p + "pre_norm_ffn.4", d, f);
    if (config.merges[i]) {
      add(merge_prefix(i) + "reduction.weight", {d, 2 * d}, kXavierUniform);
      norm(merge_prefix(i) + "norm");
    }
  }
  norm("post_transformer_norm");
  linear("classifier", config.classes, d);
  return table;
}

void check_tensors(const ModelConfig& config, const TensorMap& tensors, const std::string& source) {
  const std::string remedy = "Use the weights of " + source + ".";
  std::set<std::string_view> known;
  const std::vector<ParameterSpec> table = parameter_table(config);
  for (const ParameterSpec& p : table) {
    const auto found = tensors.find(p.name);
    if (found == tensors.end())
      throw ModelError(
          fmt::format("tensor \"{}\" {} is missing. {}", p.name, to_string(p.shape), remedy));
    if (found->second.shape != p.shape)
      throw ModelError(fmt::format("tensor \"{}\" is {}, but {} needs {}. {}", p.name,
                                   to_string(found->second.shape), source, to_string(p.shape),
                                   remedy));
    known.insert(p.name);
  }
  for (const auto& [name, tensor] : tensors) {
    if (known.contains(name)) continue;
    const std::string shown = nlohmann::json(name.substr(0, 60))
                                  .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    throw ModelError(fmt::format("tensor {} {} belongs to no part of the model in {}. {}", shown,
                                 to_string(tensor.shape), source, remedy));
  }
}

std::vector<float> sinusoidal_positions(std::size_t rows, std::size_t width, std::size_t first) {
  const std::size_t half = width / 2;
  std::vector<float> table(rows * width);
  // Rounded to float32 at each step, as the reference does; a table in double differs by up to
  // 6e-4.
  const float step = static_cast<float>(-(std::log(10000.0) / (static_cast<double>(half) - 1)));
  for (std::size_t i = 0; i < half; ++i) {
    const float frequency = std::exp(static_cast<float>(i) * step);
    for (std::size_t row = 0; row < rows; ++row) {
      const float angle = static_cast<float>(first + row) * frequency;
      table[row * width + i] = std::sin(angle);
      table[row * width + half + i] = std::cos(angle);
    }
  }
  return table;
}

}  // namespace byteformer
