#include "model/simple_forward.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/parallel.h"
#include "byteformer/error.h"
#include "kernels/kernels.h"
#include "model/geometry.h"
#include "tests/golden.h"

namespace byteformer {
namespace {

using nlohmann::json;

const json& cases_of(const std::string& kind) {
  static std::map<std::string, json> loaded;
  if (!loaded.contains(kind)) loaded[kind] = golden::load_json(kind + "/cases.json")["cases"];
  return loaded[kind];
}

const TensorMap& tensors_of(const std::string& kind) {
  static std::map<std::string, TensorMap> loaded;
  if (!loaded.contains(kind)) loaded[kind] = golden::load_tensors(kind + "/cases.safetensors");
  return loaded[kind];
}

// Holds one stage's rows against what was recorded: all rows, or the first and last two.
void expect_stage(const json& c, const std::string& kind, const std::string& stage,
                  std::size_t row_of_batch, std::size_t rows, std::span<const float> values,
                  const std::vector<bool>& real, double tolerance) {
  const json& facts = c["stages"].at(stage);
  const auto stored = tensors_of(kind).find(c["name"].get<std::string>() + "/" + stage);
  const bool pooled = stage == "pooled";
  if (!pooled) {
    EXPECT_EQ(rows, facts["rows"].get<std::size_t>()) << stage;
  }
  if (c["inputs"].size() == 1 && facts.contains("mean")) {  // of all rows, also those not stored
    double sum = 0, squares = 0;
    for (const float v : values) {
      sum += v;
      squares += static_cast<double>(v) * v;
    }
    const double count = static_cast<double>(values.size()), rms = facts["rms"].get<double>();
    EXPECT_NEAR(sum / count, facts["mean"].get<double>(), tolerance * rms) << stage;
    EXPECT_NEAR(std::sqrt(squares / count), rms, tolerance * rms) << stage;
  }
  if (stored == tensors_of(kind).end()) return;
  const std::vector<double> expected = stored->second.to_doubles();
  const std::size_t d = values.size() / rows, per_file = expected.size() / c["inputs"].size() / d;
  const bool whole = per_file == rows;
  double worst = 0;
  for (std::size_t r = 0; r < per_file; ++r) {
    const std::size_t row = whole || r < 2 ? r : rows - (per_file - r);
    for (std::size_t i = 0; i < d; ++i) {
      const double mine = pooled || real[row] ? values[row * d + i]
                                              : 0.0;  // rows that are not real are stored as zero
      worst = std::max(worst, std::abs(mine - expected[(row_of_batch * per_file + r) * d + i]));
    }
  }
  EXPECT_LE(worst, tolerance * facts["rms"].get<double>()) << stage << " of file " << row_of_batch;
}

struct Named {
  std::string kind;
  std::size_t number;
};

class GoldenForward : public testing::TestWithParam<Named> {};

TEST_P(GoldenForward, GivesTheRecordedLogitsAndStages) {
  const std::string kind = GetParam().kind;
  const bool strict = kind == "strict";
  const json& c = cases_of(kind)[GetParam().number];
  const std::string name = c["name"];
  const ModelConfig config =
      golden::config_of(c["config"], strict ? Masking::kStrict : Masking::kReference);
  const SimpleModel model(config, golden::weights_of(c, config));
  // Norms over the wrong axis are the reference's damage; ours are over channels.
  const bool damaged = name.find("trap.ln_channel_first") != std::string::npos;
  const std::string key = name + (damaged ? "/logits64_channel_last" : "/logits64");
  const std::vector<double> expected = tensors_of(kind).at(key).to_doubles();
  const double logit_bound =
      c.contains("tolerance") ? c["tolerance"]["logits"].get<double>() : 3.3e-5;
  const double stage_bound =
      c.contains("tolerance") ? c["tolerance"]["stages"].get<double>() : 5e-5;
  const double size = golden::rms(expected);

  std::set<std::string> seen;
  const auto rows = golden::ids_of_case(c);
  for (std::size_t f = 0; f < rows.size(); ++f) {
    const std::vector<float> logits =
        model.logits(rows[f], nullptr,
                     [&](const std::string& stage, std::size_t n, std::span<const float> values,
                         const std::vector<bool>& real) {
                       if (damaged || !c.contains("stages") || !c["stages"].contains(stage)) return;
                       seen.insert(stage);
                       expect_stage(c, kind, stage, f, n, values, real, stage_bound);
                     });
    ASSERT_EQ(logits.size() * rows.size(), expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
      worst = std::max(worst, std::abs(logits[i] - expected[f * logits.size() + i]));
    EXPECT_LE(worst, logit_bound * size) << name << ", file " << f;
  }
  if (c.contains("stages") && !damaged) {
    EXPECT_EQ(seen.size(), c["stages"].size()) << "a recorded stage was never passed";
  }
}

std::vector<Named> all_cases() {
  std::vector<Named> all;
  for (const char* kind : {"model", "strict"})
    for (std::size_t i = 0; i < cases_of(kind).size(); ++i) all.push_back({kind, i});
  return all;
}

std::string test_name(const testing::TestParamInfo<Named>& info) {
  std::string name = info.param.kind + "X" +
                     cases_of(info.param.kind)[info.param.number]["name"].get<std::string>();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = 'X';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Reference, GoldenForward, testing::ValuesIn(all_cases()), test_name);

ModelConfig small_config(Masking masking) {
  ModelConfig config;
  config.width = 64;
  config.heads = 1;
  config.ffn = 256;
  config.layers = 4;
  config.kernel_size = 8;
  config.windows.assign(4, 8);
  config.shifts = {0, 4, 0, 5};
  config.merges = {true, false, true, false};
  config.max_tokens = 200;
  config.classes = 5;
  config.masking = masking;
  return config;
}

TEST(GoldenFormula, GivesTheTestVectorsOfItsReadme) {
  EXPECT_EQ(golden::seed(""), 0xcbf29ce484222325u);
  EXPECT_EQ(golden::seed("classifier.bias"), 0xfe5cd260f76bc4e3u);
  const TensorMap weights = golden::formula_weights(small_config(Masking::kStrict));
  EXPECT_FLOAT_EQ(weights.at("post_transformer_norm.weight").to_floats()[1], 1.234093427658081F);
  EXPECT_EQ(golden::formula_bytes("input/tiff", 4), (std::vector<std::uint8_t>{78, 181, 40, 147}));
}

TEST(SimpleForward, LogitsAreTheSameBitsForAnyNumberOfThreads) {
  for (const Masking masking : {Masking::kReference, Masking::kStrict}) {
    const ModelConfig config = small_config(masking);
    const SimpleModel model(config, golden::formula_weights(config));
    const std::vector<std::int32_t> ids =
        ids_of(golden::formula_bytes("threads", 611), config.kernel_size);
    const std::vector<float> alone = model.logits(ids);
    for (const unsigned threads : {1u, 2u, 3u, 8u}) {
      ThreadPool pool(threads);
      EXPECT_EQ(model.logits(ids, &pool), alone) << threads << " threads";
    }
  }
}

// Kernel sets are chosen at construction, so each can be forced in turn.
TEST(SimpleForward, EveryKernelSetThatRunsHereGivesTheRecordedLogits) {
  for (const char* name : {"d64_k8_w32/n33", "tiny_k16_w128/n129", "trap.gelu"}) {
    const json* c = nullptr;
    for (const json& candidate : cases_of("model"))
      if (candidate["name"] == name) c = &candidate;
    ASSERT_NE(c, nullptr) << name;
    const ModelConfig config = golden::config_of((*c)["config"], Masking::kReference);
    const TensorMap weights = golden::weights_of(*c, config);
    const std::vector<double> expected =
        tensors_of("model").at(std::string(name) + "/logits64").to_doubles();
    const double bound = (*c)["tolerance"]["logits"].get<double>() * golden::rms(expected);
    for (const kernels::Set* set : kernels::all_sets()) {
      if (!set->is_supported()) continue;
      ::setenv("BYTEFORMER_KERNELS", set->name, 1);
      const std::vector<float> logits =
          SimpleModel(config, weights).logits(golden::ids_of_case(*c)[0]);
      ::unsetenv("BYTEFORMER_KERNELS");
      for (std::size_t i = 0; i < logits.size(); ++i)
        EXPECT_NEAR(logits[i], expected[i], bound)
            << set->name << " on " << name << ", class " << i;
    }
  }
}

TEST(SimpleForward, StrictLogitsDoNotDependOnPaddingBehindTheFile) {
  const ModelConfig config = small_config(Masking::kStrict);
  const SimpleModel model(config, golden::formula_weights(config));
  std::vector<std::int32_t> ids = ids_of(golden::formula_bytes("padding", 137), config.kernel_size);
  const std::vector<float> alone = model.logits(ids);
  for (const std::size_t padding : {1u, 3u, 64u, 400u}) {
    std::vector<std::int32_t> longer = ids;
    longer.resize(ids.size() + padding, -1);
    EXPECT_EQ(model.logits(longer), alone) << padding;  // to the bit
  }
}

TEST(SimpleForward, ReferenceLogitsDependOnPaddingBehindTheFile) {
  const ModelConfig config = small_config(Masking::kReference);
  const SimpleModel model(config, golden::formula_weights(config));
  std::vector<std::int32_t> ids = ids_of(golden::formula_bytes("padding", 137), config.kernel_size);
  const std::vector<float> alone = model.logits(ids);
  ids.resize(400, -1);
  EXPECT_GT(std::abs(model.logits(ids)[0] - alone[0]), 1e-3);
}

TEST(SimpleForward, AnEmptyFileGivesTheBiasOfTheClassifierUnderStrictMasking) {
  const ModelConfig config = small_config(Masking::kStrict);
  const TensorMap weights = golden::formula_weights(config);
  const SimpleModel model(config, weights);
  EXPECT_EQ(model.logits(std::vector<std::int32_t>{}), weights.at("classifier.bias").to_floats());
}

TEST(SimpleForward, NulBytesAreDataAndChangeTheLogits) {
  const ModelConfig config = small_config(Masking::kStrict);
  const SimpleModel model(config, golden::formula_weights(config));
  std::vector<std::uint8_t> bytes = golden::formula_bytes("nul", 50);
  const std::vector<float> before = model.logits(ids_of(bytes, config.kernel_size));
  bytes.resize(58, 0);  // two more tokens
  EXPECT_NE(model.logits(ids_of(bytes, config.kernel_size)), before);
}

TEST(SimpleForward, PermutedBytesWithPermutedEmbeddingsGiveTheSameLogitsToTheBit) {
  const ModelConfig config = small_config(Masking::kStrict);
  TensorMap weights = golden::formula_weights(config);
  std::vector<std::uint8_t> bytes = golden::formula_bytes("permutation", 300);
  const std::vector<float> before =
      SimpleModel(config, weights).logits(ids_of(bytes, config.kernel_size));
  const std::vector<float> rows = weights.at("embeddings.weight").to_floats();
  std::vector<float> permuted = rows;
  auto image = [](std::size_t b) { return (b * 77 + 13) % 256; };
  for (std::size_t b = 0; b < 256; ++b)
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(b * 64), 64,
                permuted.begin() + static_cast<std::ptrdiff_t>(image(b) * 64));
  weights["embeddings.weight"] = Tensor::from_floats({257, 64}, permuted);
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(image(b));
  EXPECT_EQ(SimpleModel(config, weights).logits(ids_of(bytes, config.kernel_size)), before);
}

TEST(SimpleForward, TakesFilesAroundTheKernelAndPadsThoseBelowIt) {
  for (const Masking masking : {Masking::kReference, Masking::kStrict}) {
    const ModelConfig config = small_config(masking);
    const SimpleModel model(config, golden::formula_weights(config));
    const std::vector<std::uint8_t> bytes = golden::formula_bytes("short", 9);
    for (const std::size_t length : {1u, 7u, 8u, 9u}) {
      const std::vector<std::int32_t> given(bytes.begin(),
                                            bytes.begin() + static_cast<std::ptrdiff_t>(length));
      std::vector<std::int32_t> padded = given;
      padded.resize(std::max<std::size_t>(length, 8), -1);
      EXPECT_EQ(model.logits(given), model.logits(padded)) << length;
    }
    EXPECT_NE(model.logits(std::vector<std::int32_t>{65}),
              model.logits(std::vector<std::int32_t>{66}));
  }
}

TEST(SimpleForward, MoreTokensThanPositionsAreAnErrorWithBothNumbers) {
  const ModelConfig config = small_config(Masking::kStrict);
  const SimpleModel model(config, golden::formula_weights(config));
  const std::size_t most = max_bytes_for(200, 8);
  EXPECT_NO_THROW(model.logits(std::vector<std::int32_t>(most, 1)));
  try {
    model.logits(std::vector<std::int32_t>(most + 1, 1));
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("201"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("200"), std::string::npos) << error.what();
  }
}

TEST(SimpleForward, AnIdThatIsNeitherAByteNorPaddingIsAnError) {
  const ModelConfig config = small_config(Masking::kReference);
  const SimpleModel model(config, golden::formula_weights(config));
  for (const std::int32_t id : {-2, 256, 1 << 30})
    EXPECT_THROW(model.logits(std::vector<std::int32_t>(20, id)), UsageError) << id;
}

TEST(SimpleForward, AMissingTensorIsNamedWithItsShape) {
  const ModelConfig config = small_config(Masking::kStrict);
  TensorMap weights = golden::formula_weights(config);
  weights.erase("classifier.bias");
  try {
    const SimpleModel model(config, weights);
    FAIL() << "no error";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("classifier.bias"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("[5]"), std::string::npos) << error.what();
  }
}

TEST(SimpleForward, ATensorOfAnotherShapeIsNamedWithBothShapes) {
  const ModelConfig config = small_config(Masking::kStrict);
  TensorMap weights = golden::formula_weights(config);
  weights["classifier.bias"] = Tensor::from_floats({3}, std::vector<float>(3));
  try {
    const SimpleModel model(config, weights);
    FAIL() << "no error";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("[3]"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("[5]"), std::string::npos) << error.what();
  }
}

TEST(SimpleForward, ATensorThatBelongsToNoLayerIsAnError) {
  const ModelConfig config = small_config(Masking::kStrict);
  TensorMap weights = golden::formula_weights(config);
  weights["left.over"] = Tensor::from_floats({1}, std::vector<float>(1));
  EXPECT_THROW(SimpleModel(config, weights), ModelError);
}

}  // namespace
}  // namespace byteformer
