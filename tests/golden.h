// The golden data of tests/golden, for tests: formula weights and bytes, cases and their tensors.
// See tests/golden/README.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/parameters.h"
#include "tensor/safetensors.h"
#include "tensor/tensor.h"

namespace byteformer::golden {

std::filesystem::path folder();
nlohmann::json load_json(const std::string& name);
TensorMap load_tensors(const std::string& name);
std::uint64_t seed(const std::string& key);
std::uint64_t z(std::uint64_t seed, std::uint64_t i);
std::vector<std::uint8_t> formula_bytes(const std::string& key, std::size_t length);
Tensor formula_tensor(const ParameterSpec& p, const ModelConfig& config);
TensorMap formula_weights(const ModelConfig& config);
ModelConfig config_of(const nlohmann::json& c, Masking masking);

// A case's weights, with its `weight_scales` applied.
TensorMap weights_of(const nlohmann::json& golden_case, const ModelConfig& config);

std::vector<std::uint8_t> input_bytes(const nlohmann::json& input);

// The case's batch: a row of ids for each input, padded with -1 to the batch's length, then
// overwritten by `ids_fill`.
std::vector<std::vector<std::int32_t>> ids_of_case(const nlohmann::json& golden_case);

double rms(const std::vector<double>& values);

}  // namespace byteformer::golden
