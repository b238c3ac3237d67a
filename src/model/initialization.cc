#include "model/initialization.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/random.h"
#include "model/parameters.h"

namespace byteformer {
namespace {

// Uniform in [-bound, bound), drawn by our own generator so that a seed means the same everywhere.
void fill_uniform(std::vector<float>& values, double bound, Random& random) {
  for (float& v : values) v = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
}

void fill_normal(std::vector<float>& values, double deviation, Random& random) {
  for (float& v : values) {
    do {  // Box-Muller; cut at 2 absolute, so hardly ever drawn again
      const double u = 1.0 - random.uniform(), angle = 2 * std::numbers::pi * random.uniform();
      v = static_cast<float>(deviation * std::sqrt(-2 * std::log(u)) * std::cos(angle));
    } while (std::abs(v) > 2.0F);
  }
}

// Neighbouring byte values start near each other: sines and cosines of the value, from one turn
// over the 256 values to one over 2 values, at the rms of the normal start (1/sqrt(d)).
std::vector<float> sinusoid_embedding(std::size_t width) {
  std::vector<float> values(ModelConfig::kVocabulary * width, 0.0F);
  const std::size_t half = width / 2;
  const double scale = std::sqrt(2.0 / static_cast<double>(width));
  for (std::size_t b = 0; b < 256; ++b)
    for (std::size_t i = 0; i < half; ++i) {
      const double turns =
          std::pow(2.0, 7.0 * static_cast<double>(i) / static_cast<double>(half - 1));
      const double angle = 2 * std::numbers::pi * turns * static_cast<double>(b) / 256.0;
      values[b * width + i] = static_cast<float>(scale * std::sin(angle));
      values[b * width + half + i] = static_cast<float>(scale * std::cos(angle));
    }
  return values;
}

std::vector<float> initial_values(const ParameterSpec& p, const ModelConfig& config,
                                  EmbeddingInit init, Random& random) {
  const auto d = static_cast<double>(config.width);
  std::vector<float> values(element_count(p.shape), 0.0F);
  switch (p.initialization) {
    case Initialization::kZeros:
      break;
    case Initialization::kOnes:
      values.assign(values.size(), 1.0F);
      break;
    case Initialization::kTruncatedNormal:
      if (p.name == "embeddings.weight" && init == EmbeddingInit::kSinusoid)
        return sinusoid_embedding(config.width);
      fill_normal(values, 1 / std::sqrt(d), random);
      if (p.name == "embeddings.weight")
        std::fill(values.end() - static_cast<std::ptrdiff_t>(config.width), values.end(), 0.0F);
      break;
    case Initialization::kXavierUniform:
      fill_uniform(values, std::sqrt(6.0 / static_cast<double>(p.shape[0] + p.shape[1])), random);
      break;
    case Initialization::kConvUniform:
      fill_uniform(values, 1 / std::sqrt(d * static_cast<double>(config.kernel_size)), random);
      break;
    case Initialization::kFixedSinusoid:
      return sinusoidal_positions(config.max_tokens, config.width);
  }
  return values;
}

}  // namespace

TensorMap initial_weights(const ModelConfig& config, EmbeddingInit init, std::uint64_t seed) {
  TensorMap weights;
  std::uint64_t number = 0;
  for (const ParameterSpec& p : parameter_table(config)) {
    Random random(mix_seed(seed, 0x77, number++));
    weights[p.name] = Tensor::from_floats(p.shape, initial_values(p, config, init, random));
  }
  return weights;
}

}  // namespace byteformer
