#include "model/parameters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "byteformer/error.h"
#include "tensor/safetensors.h"

namespace byteformer {
namespace {

ModelConfig tiny() {
  ModelConfig config = config_of_size("tiny");
  config.classes = 10;
  return config;
}

const ParameterSpec& named(const std::vector<ParameterSpec>& table, const std::string& name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const ParameterSpec& p) { return p.name == name; });
  if (found == table.end()) throw ModelError("no parameter " + name);
  return *found;
}

TEST(ParameterTable, HasTheReferencesNamesAndShapes) {
  const std::vector<ParameterSpec> table = parameter_table(tiny());
  EXPECT_EQ(named(table, "embeddings.weight").shape, (Shape{257, 192}));
  EXPECT_EQ(named(table, "token_reduction_net.weight").shape, (Shape{192, 192, 16}));
  EXPECT_EQ(named(table, "pos_embed.pos_embed.pos_embed").shape, (Shape{1, 1, 10000, 192}));
  EXPECT_EQ(named(table, "transformer.11.pre_norm_mha.0.weight").shape, (Shape{192}));
  EXPECT_EQ(named(table, "transformer.3.pre_norm_mha.1.qkv_proj.weight").shape, (Shape{576, 192}));
  EXPECT_EQ(named(table, "transformer.3.pre_norm_mha.1.qkv_proj.bias").shape, (Shape{576}));
  EXPECT_EQ(named(table, "transformer.3.pre_norm_ffn.1.weight").shape, (Shape{768, 192}));
  EXPECT_EQ(named(table, "transformer.3.pre_norm_ffn.4.weight").shape, (Shape{192, 768}));
  EXPECT_EQ(named(table, "downsamplers.downsample_9.reduction.weight").shape, (Shape{192, 384}));
  EXPECT_EQ(named(table, "classifier.weight").shape, (Shape{10, 192}));
  EXPECT_EQ(table.size(), 2u + 1 + 12 * 12 + 6 * 3 + 4);
  EXPECT_EQ(table.front().name, "embeddings.weight");
  EXPECT_EQ(table.back().name, "classifier.bias");
}

// The reference's own gradients name every trained tensor of a model of width 64 with a kernel
// of 8.
TEST(ParameterTable, AgreesWithTheReferencesGradients) {
  const TensorMap golden =
      load_safetensors(std::string(BYTEFORMER_GOLDEN) + "/backward/d64_k8_w32.safetensors").tensors;
  ModelConfig config = tiny();
  config.width = 64;
  config.heads = 1;
  config.ffn = 256;
  config.kernel_size = 8;
  config.max_tokens = golden.at("grad.pos_embed.pos_embed.pos_embed").shape.at(2);
  config.classes = golden.at("grad.classifier.bias").shape.at(0);
  for (const ParameterSpec& p : parameter_table(config)) {
    const auto found = golden.find("grad." + p.name);
    ASSERT_NE(found, golden.end()) << p.name;
    EXPECT_EQ(found->second.shape, p.shape) << p.name;
  }
}

TEST(ParameterTable, NamesAreUnique) {
  std::set<std::string> names;
  for (const ParameterSpec& p : parameter_table(tiny()))
    EXPECT_TRUE(names.insert(p.name).second) << p.name;
}

TEST(ParameterTable, WeightDecayAppliesToMoreThanOneDimension) {
  for (const ParameterSpec& p : parameter_table(tiny()))
    EXPECT_EQ(p.decays, p.shape.size() > 1) << p.name;
}

TEST(ParameterTable, SaysHowEachKindStarts) {
  const std::vector<ParameterSpec> table = parameter_table(tiny());
  EXPECT_EQ(named(table, "embeddings.weight").initialization, Initialization::kTruncatedNormal);
  EXPECT_EQ(named(table, "token_reduction_net.weight").initialization,
            Initialization::kConvUniform);
  EXPECT_EQ(named(table, "classifier.weight").initialization, Initialization::kXavierUniform);
  EXPECT_EQ(named(table, "classifier.bias").initialization, Initialization::kZeros);
  EXPECT_EQ(named(table, "downsamplers.downsample_0.norm.weight").initialization,
            Initialization::kOnes);
}

TEST(ParameterTable, SinusoidalPositionsAreKeptButNotTrained) {
  ModelConfig config = tiny();
  config.positions = Positions::kSinusoidal;
  const std::vector<ParameterSpec> table = parameter_table(config);
  const ParameterSpec& positions = named(table, "pos_embed.pos_embed.pos_embed");
  EXPECT_EQ(positions.initialization, Initialization::kFixedSinusoid);
  EXPECT_FALSE(positions.trained);
  EXPECT_FALSE(positions.decays);
}

TEST(ParameterTable, WithoutAStemHasNoStemTensor) {
  ModelConfig config = tiny();
  config.kernel_size = 0;
  for (const ParameterSpec& p : parameter_table(config))
    EXPECT_NE(p.name, "token_reduction_net.weight");
}

TEST(SinusoidalPositions, AreSinesThenCosines) {
  const std::size_t d = 64;
  const std::vector<float> table = sinusoidal_positions(5001, d);
  ASSERT_EQ(table.size(), 5001 * d);
  for (std::size_t i = 0; i < d / 2; ++i) {
    EXPECT_EQ(table[i], 0.0F);
    EXPECT_EQ(table[d / 2 + i], 1.0F);
    const double angle = 3 * std::exp(-static_cast<double>(i) * std::log(10000.0) / 31);
    EXPECT_NEAR(table[3 * d + i], std::sin(angle), 1e-6);
    EXPECT_NEAR(table[3 * d + d / 2 + i], std::cos(angle), 1e-6);
  }
}

// In double the last entries of position 5000 would differ by up to 2.8e-4; rounding to float32 is
// the reference's.
TEST(SinusoidalPositions, RoundTheAngleToFloat32) {
  const std::vector<float> table = sinusoidal_positions(5001, 64);
  const float frequency = std::exp(static_cast<float>(-(std::log(10000.0) / 31)));
  EXPECT_EQ(table[5000 * 64 + 1], std::sin(5000.0F * frequency));
}

}  // namespace
}  // namespace byteformer
