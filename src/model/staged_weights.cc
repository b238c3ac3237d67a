#include "model/staged_weights.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/parameters.h"

namespace byteformer {

StagedWeights::StagedWeights(const ModelConfig& c, const TensorMap& tensors,
                             const kernels::Set& chosen, kernels::Precision wanted)
    : set(chosen),
      precision(wanted),
      arithmetic(kernels::arithmetic_of(chosen, wanted)),
      config(c),
      kernel_size(std::max<std::size_t>(c.kernel_size, 1)),
      stride(c.kernel_size == 0 ? 1 : c.kernel_size / 2) {
  check(config);
  const WeightReader reader(config, tensors);
  build_table(reader);
  positions = reader.floats("pos_embed.pos_embed.pos_embed");
  for (std::size_t i = 0; i < config.layers; ++i) {
    layers.push_back(layer(reader, i));
    merges.push_back(config.merges[i] ? merge(reader, i) : StagedMerge{});
  }
  norm = reader.norm("post_transformer_norm");
  classifier = reader.linear(*set.f32, "classifier");
}

// The stem is linear in one-hot bytes: T[p, b] = W[:, :, p] * E[b], and a token is the sum of k
// rows of T.
void StagedWeights::build_table(const WeightReader& reader) {
  constexpr std::size_t kEntries = kernels::kTableEntries, kSlice = kernels::kTableSlice;
  const std::size_t d = config.width, k = kernel_size;
  const Floats embedding = reader.floats("embeddings.weight");
  const Floats conv = config.kernel_size == 0
                          ? Floats()
                          : reader.floats("token_reduction_net.weight");  // [d, d, k]
  AlignedBytes packed(set.f32->packed_size(kSlice, d));
  table = AlignedFloats(k * kEntries * d);
  float* to = table.data();
  for (std::size_t slice = 0; slice < d; slice += kSlice)
    for (std::size_t p = 0; p < k; ++p, to += kEntries * kSlice) {
      if (conv.size() == 0) {
        for (std::size_t b = 0; b < kEntries; ++b)
          std::copy_n(embedding.data() + b * d + slice, kSlice, to + b * kSlice);
        continue;
      }
      set.f32->pack(conv.data() + slice * d * k + p, d * k, k, kSlice, d, packed.data());
      set.f32->product(embedding.data(), set.f32->operand_size(d), packed.data(), nullptr, to,
                       kSlice, kEntries, kSlice, d, kernels::Epilogue::kStore);
    }
}

StagedLayer StagedWeights::layer(const WeightReader& reader, std::size_t i) const {
  const std::string prefix = layer_prefix(i);
  const std::size_t d = config.width, ffn = config.ffn;
  StagedLayer l;
  l.norm_attention = reader.norm(prefix + "pre_norm_mha.0");
  l.norm_ffn = reader.norm(prefix + "pre_norm_ffn.0");

  const Floats qkv = reader.floats(prefix + "pre_norm_mha.1.qkv_proj.weight"),
               qkv_bias = reader.floats(prefix + "pre_norm_mha.1.qkv_proj.bias");
  const auto scale = static_cast<float>(std::numbers::log2e /
                                        std::sqrt(static_cast<double>(ModelConfig::kHeadSize)));
  std::vector<float> by_head, bias_by_head;
  for (std::size_t head = 0; head < d; head += ModelConfig::kHeadSize)
    for (std::size_t part = 0; part < 3; ++part)
      for (std::size_t row = part * d + head; row < part * d + head + ModelConfig::kHeadSize;
           ++row) {
        const float factor = part == 0 ? scale : 1.0F;
        for (std::size_t c = 0; c < d; ++c) by_head.push_back(qkv.data()[row * d + c] * factor);
        bias_by_head.push_back(qkv_bias.data()[row] * factor);
      }
  l.qkv = Linear(arithmetic, by_head, std::move(bias_by_head), 3 * d, d);
  l.projection = reader.linear(arithmetic, prefix + "pre_norm_mha.1.out_proj");

  const std::size_t chunk = StagedLayer::chunk(arithmetic), words = StagedLayer::kWholeWords,
                    whole = (ffn + words - 1) / words * words;
  std::vector<float> expand = reader.copied(prefix + "pre_norm_ffn.1.weight"),  // [ffn, d]
      expand_bias = reader.copied(prefix + "pre_norm_ffn.1.bias");
  expand.resize(whole * d);
  expand_bias.resize(whole);
  l.expand = Linear(arithmetic, expand, std::move(expand_bias), whole, d);
  const Floats contract = reader.floats(prefix + "pre_norm_ffn.4.weight");  // [d, ffn]
  for (std::size_t begin = 0; begin < whole; begin += chunk) {
    const std::size_t count = std::min(chunk, whole - begin);
    std::vector<float> part(d * count);
    for (std::size_t row = 0; row < d; ++row)
      std::copy_n(contract.data() + row * ffn + begin, std::min(count, ffn - begin),
                  part.data() + row * count);
    l.contract.emplace_back(
        arithmetic, part,
        begin == 0 ? reader.copied(prefix + "pre_norm_ffn.4.bias") : std::vector<float>(), d,
        count);
  }
  return l;
}

// The reference lays two rows out channel by channel (2c + t); with its columns moved to t d + c
// the weight reads them as they lie in memory, one behind the other.
StagedMerge StagedWeights::merge(const WeightReader& reader, std::size_t i) const {
  const std::size_t d = config.width;
  const Floats given = reader.floats(merge_prefix(i) + "reduction.weight");  // [d, 2d]
  std::vector<float> moved(given.size());
  for (std::size_t row = 0; row < d; ++row)
    for (std::size_t c = 0; c < d; ++c)
      for (std::size_t t = 0; t < 2; ++t)
        moved[(row * 2 + t) * d + c] = given.data()[(row * d + c) * 2 + t];
  return {Linear(arithmetic, moved, {}, d, 2 * d), reader.norm(merge_prefix(i) + "norm")};
}

}  // namespace byteformer
