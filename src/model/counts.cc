#include "model/counts.h"

#include "model/geometry.h"
#include "model/parameters.h"

namespace byteformer {
namespace {

Macs macs(const ModelConfig& c, std::uint64_t bytes, bool padded) {
  const std::uint64_t d = c.width;
  Macs macs;
  std::uint64_t n = tokens_for(bytes, c.kernel_size);
  macs.stem = n * d * d * c.kernel_size;
  for (std::size_t i = 0; i < c.layers; ++i) {
    const std::uint64_t w = c.windows[i], full = n / w, rest = n % w;
    const std::uint64_t rows = padded ? (n + w - 1) / w * w : n;
    macs.linears += rows * (4 * d * d + 2 * d * c.ffn);
    macs.attention += 2 * d * (padded ? rows * w : full * w * w + rest * rest);
    if (!c.merges[i]) continue;
    n = (n + 1) / 2;
    macs.merges += n * 2 * d * d;
  }
  macs.classifier = d * c.classes;
  return macs;
}

}  // namespace

std::uint64_t parameter_count(const ModelConfig& config) {
  std::uint64_t count = 0;
  for (const ParameterSpec& p : parameter_table(config))
    if (p.trained) count += element_count(p.shape);
  return count;
}

Macs macs_padded(const ModelConfig& config, std::uint64_t bytes) {
  return macs(config, bytes, true);
}

Macs macs_real_rows(const ModelConfig& config, std::uint64_t bytes) {
  return macs(config, bytes, false);
}

std::uint64_t table_additions(const ModelConfig& config, std::uint64_t bytes) {
  return tokens_for(bytes, config.kernel_size) * config.kernel_size * config.width;
}

std::uint64_t table_bytes(const ModelConfig& config) {
  return config.kernel_size * ModelConfig::kVocabulary * config.width * sizeof(float);
}

}  // namespace byteformer
