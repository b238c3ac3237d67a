#include "tests/golden.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace byteformer::golden {

std::filesystem::path folder() { return BYTEFORMER_GOLDEN; }

nlohmann::json load_json(const std::string& name) {
  std::ifstream in(folder() / name);
  if (!in) throw std::runtime_error("no golden file " + name);
  return nlohmann::json::parse(in);
}

TensorMap load_tensors(const std::string& name) {
  return load_safetensors(folder() / name).tensors;
}

std::uint64_t seed(const std::string& key) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

std::uint64_t z(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t v = seed + (i + 1) * 0x9E3779B97F4A7C15u;
  v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9u;
  v = (v ^ v >> 27) * 0x94D049BB133111EBu;
  return v ^ v >> 31;
}

std::vector<std::uint8_t> formula_bytes(const std::string& key, std::size_t length) {
  const std::uint64_t s = seed(key);
  std::vector<std::uint8_t> bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(z(s, i) >> 56);
  return bytes;
}

Tensor formula_tensor(const ParameterSpec& p, const ModelConfig& config) {
  if (p.initialization == Initialization::kFixedSinusoid)
    return Tensor::from_floats(p.shape, sinusoidal_positions(config.max_tokens, config.width));
  double fan = 1, inputs = 1;
  for (std::size_t i = 1; i < p.shape.size(); ++i) inputs *= static_cast<double>(p.shape[i]);
  for (double four = 1; 6 * four < inputs; four *= 4) fan /= 2;
  auto ends = [&](const char* suffix) { return p.name.ends_with(suffix); };
  double scale = fan, offset = 0;
  if (ends("norm.weight") || ends(".pre_norm_mha.0.weight") || ends(".pre_norm_ffn.0.weight")) {
    scale = 0.25;
    offset = 1;
  } else if (p.name == "embeddings.weight") {
    scale = 1;
  } else if (ends("pos_embed.pos_embed.pos_embed")) {
    scale = 0.5;
  } else if (ends(".bias")) {
    scale = 0.125;
  } else if (p.name == "classifier.weight") {
    scale = 4 * fan;
  }
  const std::uint64_t s = seed(p.name);
  std::vector<float> values(element_count(p.shape));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float t = 2.0F * (static_cast<float>(z(s, i) >> 40) * 0x1p-24F) - 1.0F;
    values[i] = static_cast<float>(scale) * t + static_cast<float>(offset);
  }
  if (p.name == "embeddings.weight")
    std::fill(values.end() - static_cast<std::ptrdiff_t>(config.width), values.end(), 0.0F);
  return Tensor::from_floats(p.shape, values);
}

TensorMap formula_weights(const ModelConfig& config) {
  TensorMap weights;
  for (const ParameterSpec& p : parameter_table(config))
    weights[p.name] = formula_tensor(p, config);
  return weights;
}

ModelConfig config_of(const nlohmann::json& c, Masking masking) {
  ModelConfig config;
  config.width = c.at("d");
  config.layers = c.at("layers");
  config.heads = c.at("heads");
  config.ffn = c.at("ffn");
  config.kernel_size = c.at("conv_kernel_size");
  config.windows = c.at("window_sizes").get<std::vector<std::size_t>>();
  config.shifts = c.at("window_shifts").get<std::vector<std::size_t>>();
  config.merges = c.at("downsample").get<std::vector<bool>>();
  config.max_tokens = c.at("max_num_tokens");
  config.classes = c.at("n_classes");
  config.positions = c.at("sinusoidal_pos_emb") ? Positions::kSinusoidal : Positions::kLearned;
  config.masking = masking;
  check(config);
  return config;
}

TensorMap weights_of(const nlohmann::json& golden_case, const ModelConfig& config) {
  TensorMap weights = formula_weights(config);
  if (!golden_case.contains("weight_scales")) return weights;
  for (const auto& [name, scale] : golden_case["weight_scales"].items()) {
    std::vector<float> values = weights.at(name).to_floats();
    for (float& v : values) v *= scale.get<float>();
    weights[name] = Tensor::from_floats(weights.at(name).shape, values);
  }
  return weights;
}

std::vector<std::uint8_t> input_bytes(const nlohmann::json& input) {
  std::vector<std::uint8_t> bytes;
  if (input.contains("file")) {
    std::ifstream in(folder() / input["file"].get<std::string>(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  } else {
    bytes = formula_bytes(input.at("key"), input.at("length"));
  }
  if (input.contains("fill"))
    for (const auto& f : input["fill"])
      std::fill(bytes.begin() + f[0].get<std::ptrdiff_t>(),
                bytes.begin() + f[1].get<std::ptrdiff_t>(), f[2].get<std::uint8_t>());
  return bytes;
}

std::vector<std::vector<std::int32_t>> ids_of_case(const nlohmann::json& golden_case) {
  std::vector<std::vector<std::int32_t>> rows;
  const std::size_t length = golden_case.at("batch")[1];
  for (const auto& input : golden_case.at("inputs")) {
    const std::vector<std::uint8_t> bytes = input_bytes(input);
    rows.emplace_back(bytes.begin(), bytes.end());
    rows.back().resize(std::max(length, bytes.size()), -1);
  }
  if (golden_case.contains("ids_fill"))
    for (const auto& f : golden_case["ids_fill"])
      std::fill(rows.at(f[0]).begin() + f[1].get<std::ptrdiff_t>(),
                rows.at(f[0]).begin() + f[2].get<std::ptrdiff_t>(), f[3].get<std::int32_t>());
  return rows;
}

double rms(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace byteformer::golden
