// The weights of the staged pass, laid out for its kernels once, when a model is loaded.
#pragma once

#include <vector>

#include "kernels/kernels.h"
#include "model/buffers.h"
#include "model/config.h"
#include "model/linear.h"

namespace byteformer {

struct StagedLayer {
  // Hidden channels of the FFN that are computed at a time stay in the second cache between its two
  // products: a row of them takes 768 bytes. A constant of the arithmetic: the second product's
  // sums are by chunk.
  static std::size_t chunk(const kernels::Arithmetic& arithmetic) {
    return 768 / arithmetic.element_size;
  }

  Norm norm_attention, norm_ffn;
  Linear qkv;  // by heads: 64 queries, 64 keys, 64 values, and so on; queries scaled by
               // log2(e) / 8, as the attention kernel wants them
  Linear projection, expand;
  std::vector<Linear> contract;  // by chunk; the first has the bias
  // Hidden channels that fill up the last chunk's whole words have weights of zero.
  static constexpr std::size_t kWholeWords = 4;
};

struct StagedMerge {
  Linear reduction;  // of two rows laid end to end
  Norm norm;
};

struct StagedWeights {
  const kernels::Set& set;
  kernels::Precision precision;           // of the linears and attention in the layers
  const kernels::Arithmetic& arithmetic;  // set's, in that precision
  ModelConfig config;
  std::size_t kernel_size, stride;  // bytes of a token (1 without a stem), and from one to the next
  AlignedFloats table;              // [d / 64][k][257][64]
  Floats positions;                 // [max_tokens, d]; of a mapped file only what is used is read
  std::vector<StagedLayer> layers;
  std::vector<StagedMerge> merges;  // by layer; empty where none follows
  Norm norm;
  Linear classifier;
  mutable Buffers buffers;  // of the passes

  // Throws ConfigError for the configuration, ModelError for the tensors, UsageError for a
  // precision that the set does not offer.
  StagedWeights(const ModelConfig& config, const TensorMap& tensors, const kernels::Set& set,
                kernels::Precision precision);

 private:
  void build_table(const WeightReader& reader);
  StagedLayer layer(const WeightReader& reader, std::size_t i) const;
  StagedMerge merge(const WeightReader& reader, std::size_t i) const;
};

}  // namespace byteformer
