// The one table of a model's parameters: name, shape, how it starts, whether weight decay applies.
// Both engines (the CPU runtime and the trainer) read it, so that a checkpoint needs no map. Names
// are those of the reference's state dict.
#pragma once

#include <string>
#include <vector>

#include "model/config.h"
#include "tensor/tensor.h"

namespace byteformer {

enum class Initialization {
  kZeros,
  kOnes,
  kTruncatedNormal,  // std d^-0.5, cut at +-2 absolute (embedding, whose row 256 is then zero, and
                     // positions)
  kXavierUniform,    // bound sqrt(6 / (in + out))
  kConvUniform,      // bound 1 / sqrt(d k), the stem's
  kFixedSinusoid,    // computed, not trained (sinusoidal positions)
};

struct ParameterSpec {
  std::string name;  // "transformer.0.pre_norm_mha.1.qkv_proj.weight"
  Shape shape;
  Initialization initialization;
  bool trained;  // false for the sinusoidal table: part of the state dict, not of the parameters
  bool decays;   // weight decay applies: more than one dimension
};

// All tensors of the state dict, in the order in which the model uses them (embedding first,
// classifier last). With kernel_size 0 there is no stem tensor.
std::vector<ParameterSpec> parameter_table(const ModelConfig& config);

// Throws ModelError for a tensor that is missing, left over, or of another shape, with its name and
// both shapes. `source` is where the user finds the configuration.
void check_tensors(const ModelConfig& config, const TensorMap& tensors,
                   const std::string& source = "the configuration");

// The sinusoidal positions [max_tokens, d]: fairseq's layout, d/2 sines then d/2 cosines; frequency
// and product rounded to float32 as the reference does.
// Rows first .. first + rows - 1 of it, which may lie beyond any table.
std::vector<float> sinusoidal_positions(std::size_t rows, std::size_t width, std::size_t first = 0);

// Names of one layer's tensors and of a merge's.
std::string layer_prefix(std::size_t layer);  // "transformer.3."
std::string merge_prefix(std::size_t layer);  // "downsamplers.downsample_3."

}  // namespace byteformer
