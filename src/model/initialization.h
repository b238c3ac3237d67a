// Where the parameters of a model start.
#pragma once

#include <cstdint>

#include "model/config.h"
#include "tensor/tensor.h"

namespace byteformer {

// How byte embeddings start.
enum class EmbeddingInit {
  kNormal,    // truncated normal of std d^-0.5, as the reference
  kSinusoid,  // sines and cosines of the byte's value at several frequencies, of the same rms:
              // neighbouring values start near each other
};

// All tensors of parameter_table(config), as F32, as the table says. The same seed gives the same
// weights on every machine.
TensorMap initial_weights(const ModelConfig& config, EmbeddingInit init, std::uint64_t seed);

}  // namespace byteformer
