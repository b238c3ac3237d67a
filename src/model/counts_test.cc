#include "model/counts.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "model/geometry.h"

namespace byteformer {
namespace {

using nlohmann::json;

json golden(const std::string& name) {
  std::ifstream in(std::string(BYTEFORMER_GOLDEN) + "/recipes/" + name);
  return json::parse(in);
}

// The model of one of the paper's recipes, from the options that the reference resolves it to.
ModelConfig config_of(json options, const json& own) {
  options.update(own);
  const std::string p = "model.classification.byteformer.";
  ModelConfig config = config_of_size(options.at(p + "mode").get<std::string>());
  config.kernel_size = options.at(p + "conv_kernel_size");
  config.max_tokens = options.at(p + "max_num_tokens");
  config.classes = options.at("model.classification.n_classes");
  const std::vector<std::size_t> windows = options.at(p + "window_sizes");
  config.windows =
      windows.size() == 1 ? std::vector<std::size_t>(config.layers, windows[0]) : windows;
  config.shifts = options.at(p + "window_shifts").get<std::vector<std::size_t>>();
  config.merges = options.at(p + "downsample").get<std::vector<bool>>();
  check(config);
  return config;
}

void expect_macs(const Macs& macs, const json& expected, const std::string& what) {
  EXPECT_EQ(macs.stem, expected.at("stem")) << what;
  EXPECT_EQ(macs.linears, expected.at("linears")) << what;
  EXPECT_EQ(macs.attention, expected.at("attention")) << what;
  EXPECT_EQ(macs.merges, expected.at("merges")) << what;
  EXPECT_EQ(macs.classifier, expected.at("classifier")) << what;
  EXPECT_EQ(macs.total(), expected.at("total")) << what;
}

TEST(Counts, AreTheReferencesForAllRecipesOfThePaper) {
  const json options = golden("resolved_options.json"),
             counts = golden("parameters_and_macs.json").at("recipes");
  ASSERT_EQ(counts.size(), 45u);
  for (const auto& [name, expected] : counts.items()) {
    const ModelConfig config = config_of(options.at("common"), options.at("recipes").at(name));
    EXPECT_EQ(config.width, expected.at("d")) << name;
    EXPECT_EQ(config.heads, expected.at("heads")) << name;
    EXPECT_EQ(config.layers, expected.at("layers")) << name;
    EXPECT_EQ(parameter_count(config), expected.at("trainable")) << name;
    EXPECT_EQ(parameter_count(config) - config.max_tokens * config.width,
              expected.at("parameters_without_positions"))
        << name;
    for (const char* input : {"dummy", "typical"}) {
      const json& in = expected.at(input);
      const std::uint64_t bytes = in.at("input_bytes");
      EXPECT_EQ(tokens_for(bytes, config.kernel_size), in.at("tokens")) << name;
      expect_macs(macs_padded(config, bytes), in.at("macs_padded"), name + ", padded, " + input);
      expect_macs(macs_real_rows(config, bytes), in.at("macs_real_rows"),
                  name + ", real rows, " + input);
    }
  }
}

TEST(Counts, SinusoidalPositionsAreNotCounted) {
  ModelConfig config = config_of_size("tiny");
  config.classes = 10;
  const std::uint64_t learned = parameter_count(config);
  config.positions = Positions::kSinusoidal;
  EXPECT_EQ(learned - parameter_count(config), config.max_tokens * config.width);
}

TEST(Counts, TheTableOfTheStemIsSmallBesideTheConvolution) {
  ModelConfig config = config_of_size("tiny");
  config.kernel_size = 32;
  config.classes = 1000;
  EXPECT_EQ(table_additions(config, 150668), 9415u * 32 * 192);
  EXPECT_EQ(table_bytes(config), 32u * 257 * 192 * 4);
}

}  // namespace
}  // namespace byteformer
