// A model's own proof: a few inputs with the logits that the simple forward pass gives for them, in
// golden.safetensors beside the weights (input.N, logits.N). Together at most 2w + 5 tokens, which
// cover a shift, an odd merge and a partial window.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "model/config.h"
#include "tensor/safetensors.h"

namespace byteformer {

struct GoldenLogits {
  std::vector<std::uint8_t> bytes;
  std::vector<float> logits;  // [classes]
};

// Computes them.
std::vector<GoldenLogits> golden_logits(const ModelConfig& config, const TensorMap& weights);
Safetensors golden_file(const std::vector<GoldenLogits>& golden);

// Those of a model directory. Throws IoError or FormatError, which names the file.
std::vector<GoldenLogits> load_golden(const std::filesystem::path& directory,
                                      const ModelConfig& config);

// The largest difference of logits(bytes) to the golden ones, divided by their rms; infinite where
// only one of the two is finite.
double golden_difference(
    const std::vector<GoldenLogits>& golden,
    const std::function<std::vector<float>(std::span<const std::uint8_t>)>& logits);

// Of a model directory, by the simple pass. Throws as load_model() does.
double check_golden(const std::filesystem::path& directory);

}  // namespace byteformer
