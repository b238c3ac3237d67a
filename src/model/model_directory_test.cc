#include "model/model_directory.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "byteformer/error.h"
#include "model/geometry.h"
#include "model/golden_logits.h"
#include "model/parameters.h"
#include "tensor/safetensors.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Two layers, windows of 8, a shift and two merges: small enough for hundreds of loads.
ModelDirectory small_model() {
  ModelDirectory model;
  ModelConfig& c = model.config;
  c.width = 64;
  c.layers = 2;
  c.heads = 1;
  c.ffn = 64;
  c.kernel_size = 4;
  c.windows = {8, 8};
  c.shifts = {0, 4};
  c.merges = {true, true};
  c.max_tokens = 40;
  c.classes = 3;
  model.classes = {"cat", "dog", "größe"};
  model.input = R"({"encoding":"TIFF","transforms":[]})";
  model.temperature = 1.5;
  model.unknown_threshold = 0.25;
  model.training = R"({"recipe":"none"})";
  model.card = "# A card\n";
  Random random(5);
  for (const ParameterSpec& p : parameter_table(c)) {
    std::vector<float> values(element_count(p.shape));
    for (float& v : values)
      v = p.initialization == Initialization::kOnes ? 1.0F : (random.uniform() - 0.5F) * 0.3F;
    model.weights[p.name] = Tensor::from_floats(p.shape, values);
  }
  return model;
}

class ModelDirectoryTest : public testing::Test {
 protected:
  static std::string contents_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  std::string load_error() const {
    try {
      load_model(model_);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  // Loading must fail with a text that has `part`, after `change` of config.json.
  void expect_config_error(const std::function<void(json&)>& change, const std::string& part) {
    const std::string before = contents_of(model_ / "config.json");
    json config = json::parse(before);
    change(config);
    write(model_ / "config.json", config.dump());
    const std::string error = load_error();
    EXPECT_NE(error.find(part), std::string::npos) << "expected \"" << part << "\" in: " << error;
    EXPECT_NE(error.find("config.json"), std::string::npos) << error;
    write(model_ / "config.json", before);
  }

  void expect_weights_error(const std::function<void(TensorMap&)>& change,
                            const std::string& part) {
    Safetensors weights{small_model().weights, {}};
    change(weights.tensors);
    save_safetensors(model_ / "model.safetensors", weights);
    const std::string error = load_error();
    EXPECT_NE(error.find(part), std::string::npos) << "expected \"" << part << "\" in: " << error;
    EXPECT_NE(error.find("model.safetensors"), std::string::npos) << error;
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path(), model_ = folder_ / "model";
};

TEST_F(ModelDirectoryTest, SavedThenLoadedIsEqual) {
  const ModelDirectory saved = small_model();
  save_model(model_, saved);
  const ModelDirectory loaded = load_model(model_);
  EXPECT_EQ(loaded.config, saved.config);
  EXPECT_EQ(loaded.classes, saved.classes);
  EXPECT_EQ(json::parse(loaded.input), json::parse(saved.input));
  EXPECT_EQ(json::parse(loaded.training), json::parse(saved.training));
  EXPECT_EQ(loaded.temperature, saved.temperature);
  EXPECT_EQ(loaded.unknown_threshold, saved.unknown_threshold);
  EXPECT_EQ(loaded.card, saved.card);
  ASSERT_EQ(loaded.weights.size(), saved.weights.size());
  for (const auto& [name, t] : saved.weights)
    EXPECT_EQ(loaded.weights.at(name).data, t.data) << name;
}

TEST_F(ModelDirectoryTest, SavingTheSameModelTwiceGivesTheSameBytes) {
  save_model(model_, small_model());
  save_model(folder_ / "again", load_model(model_));
  for (const char* name : {"config.json", "model.safetensors", "golden.safetensors", "README.md"})
    EXPECT_EQ(contents_of(model_ / name), contents_of(folder_ / "again" / name)) << name;
}

TEST_F(ModelDirectoryTest, SavingReplacesTheOldModelAndLeavesNothingElse) {
  save_model(model_, small_model());
  ModelDirectory other = small_model();
  other.unknown_threshold.reset();
  save_model(model_, other);
  EXPECT_FALSE(load_model(model_).unknown_threshold);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(ModelDirectoryTest, SavingDoesNotReplaceAFolderOfOtherThings) {
  fs::create_directories(model_);
  save_model(model_, small_model());
  const fs::path other = folder_ / "photos";
  fs::create_directories(other / "cat");
  EXPECT_THROW(save_model(other, small_model()), UsageError);
  EXPECT_TRUE(fs::exists(other / "cat"));
}

TEST_F(ModelDirectoryTest, HalfPrecisionWeightsKeepTheirType) {
  for (DType type : {DType::kF16, DType::kBF16}) {
    ModelDirectory model = small_model();
    for (auto& [name, t] : model.weights) t = t.converted_to(type);
    save_model(model_, model);
    EXPECT_EQ(load_model(model_).weights.at("classifier.weight").dtype, type);
    EXPECT_LT(check_golden(model_), 1e-6);
  }
}

TEST_F(ModelDirectoryTest, GoldenInputsCoverAShiftAnOddMergeAndAPartialWindow) {
  const ModelDirectory model = small_model();
  save_model(model_, model);
  const TensorMap golden = load_safetensors(model_ / "golden.safetensors").tensors;
  EXPECT_LE(golden.size(), 6u);
  std::size_t total = 0;
  for (std::size_t i = 0; i < golden.size() / 2; ++i)
    total += tokens_for(golden.at("input." + std::to_string(i)).data.size(), 4);
  EXPECT_LE(total, 2u * 8 + 5);
  const std::size_t n = tokens_for(golden.at("input.0").data.size(), 4);
  EXPECT_GT(n, 8u);            // more than one window, so that a shift has an effect
  EXPECT_NE(n % 8, 0u);        // a partial window
  EXPECT_EQ(n % 2, 1u);        // an odd merge
  EXPECT_GT((n + 1) / 2, 4u);  // the shifted layer has more rows than its shift
}

TEST_F(ModelDirectoryTest, GoldenLogitsSeeEveryMechanism) {
  save_model(model_, small_model());
  EXPECT_EQ(check_golden(model_), 0.0);
  const std::string config = contents_of(model_ / "config.json");
  auto difference_with = [&](const char* key, const json& value) {
    json changed = json::parse(config);
    changed["architecture"][key] = value;
    write(model_ / "config.json", changed.dump());
    return check_golden(model_);
  };
  EXPECT_GT(difference_with("shifts", {0, 0}), 1e-4);
  EXPECT_GT(difference_with("windows", {7, 8}), 1e-4);
  EXPECT_GT(difference_with("windows", {8, 3}), 1e-4);
  EXPECT_GT(difference_with("masking", "reference"), 1e-4);
}

TEST_F(ModelDirectoryTest, GoldenFitsModelsWithFewPositions) {
  ModelDirectory model = small_model();
  model.config.max_tokens = 1;
  const std::vector<float> old = model.weights.at("pos_embed.pos_embed.pos_embed").to_floats();
  model.weights["pos_embed.pos_embed.pos_embed"] =
      Tensor::from_floats({1, 1, 1, 64}, std::span(old).first(64));
  save_model(model_, model);
  EXPECT_EQ(check_golden(model_), 0.0);
}

TEST_F(ModelDirectoryTest, DamagedGoldenDataAreErrors) {
  save_model(model_, small_model());
  const Safetensors good = load_safetensors(model_ / "golden.safetensors");
  auto expect_rejected = [&](const char* what, const std::function<void(TensorMap&)>& change) {
    Safetensors bad = good;
    change(bad.tensors);
    save_safetensors(model_ / "golden.safetensors", bad);
    EXPECT_THROW(check_golden(model_), FormatError) << what;
  };
  const Tensor bytes{DType::kU8, {400}, std::vector<std::byte>(400)};
  expect_rejected("nothing", [](TensorMap& t) { t.clear(); });
  expect_rejected("no logits", [](TensorMap& t) { t.erase("logits.0"); });
  expect_rejected("another name",
                  [](TensorMap& t) { t["x"] = t["logits.0"], t.erase("logits.0"); });
  expect_rejected("too many tokens", [&](TensorMap& t) { t["input.0"] = bytes; });
  expect_rejected("logits of other classes", [&](TensorMap& t) { t["logits.0"].shape = {3, 1}; });
  expect_rejected("input of floats", [](TensorMap& t) { t["input.0"] = t["logits.0"]; });
  Safetensors off = good;
  off.tensors["logits.0"] = Tensor::from_floats({3}, std::vector<float>{NAN, 1, 1});
  save_safetensors(model_ / "golden.safetensors", off);
  EXPECT_TRUE(std::isinf(check_golden(model_)));
  fs::remove(model_ / "golden.safetensors");
  EXPECT_THROW(check_golden(model_), IoError);
}

TEST_F(ModelDirectoryTest, RejectsAnotherMajorVersionAndAnotherFormat) {
  save_model(model_, small_model());
  expect_config_error(
      [](json& c) {
        c["version"] = "2.0";
        c["news"] = 1;
      },
      "version is 2.0, but this program reads 1.x");
  expect_config_error([](json& c) { c["version"] = "0.9"; }, "0.9");
  expect_config_error([](json& c) { c["version"] = 1.0; }, "\"version\" is 1.0");
  for (const char* version : {"", ".", "1", "1.", "x.0", "1.0.0", "-1.0", "99999999999999999999.0"})
    expect_config_error([&](json& c) { c["version"] = version; }, "\"version\" is");
  expect_config_error([](json& c) { c["format"] = "other"; }, "\"format\" is \"other\"");
  expect_config_error([](json& c) { c.erase("format"); }, "\"format\" is missing");
}

TEST_F(ModelDirectoryTest, ReadsALaterMinorVersion) {
  save_model(model_, small_model());
  json config = json::parse(contents_of(model_ / "config.json"));
  config["version"] = "1.7";
  write(model_ / "config.json", config.dump());
  EXPECT_EQ(load_error(), "no error");
}

TEST_F(ModelDirectoryTest, RejectsUnknownKeysWithTheNearestKnownOne) {
  save_model(model_, small_model());
  expect_config_error([](json& c) { c["clases"] = 1; }, "\"clases\" is not known");
  expect_config_error([](json& c) { c["clases"] = 1; }, "Did you mean \"classes\"?");
  expect_config_error([](json& c) { c["something else"] = 1; },
                      "known are format, version, architecture");
  expect_config_error([](json& c) { c["architecture"]["dropout"] = 1; },
                      "architecture.\"dropout\" is not known");
}

TEST_F(ModelDirectoryTest, RejectsClassesThatAreNoListOfDifferentNames) {
  save_model(model_, small_model());
  expect_config_error(
      [](json& c) {
        c["classes"] = {"a", "b", "a"};
      },
      "the class \"a\" is there twice");
  expect_config_error(
      [](json& c) {
        c["classes"] = {"a", "", "b"};
      },
      "the name of class 1 is empty");
  expect_config_error([](json& c) { c["classes"] = {"a", 1, "b"}; }, "the class 1 is no text");
  expect_config_error([](json& c) { c["classes"] = json::array(); }, "there are no classes");
  expect_config_error([](json& c) { c["classes"] = "a"; },
                      "\"classes\" is \"a\", but must be a list");
}

TEST_F(ModelDirectoryTest, RejectsThresholdsThatAreNoProbability) {
  save_model(model_, small_model());
  for (const json& value : {json(-0.1), json(1.5), json("x"), json(nullptr)})
    expect_config_error([&](json& c) { c["unknown_threshold"] = value; }, "from 0 to 1");
}

TEST_F(ModelDirectoryTest, RejectsTemperaturesThatDivideByNothing) {
  save_model(model_, small_model());
  for (const json& value : {json(0), json(-1), json(1e7), json("x"), json(nullptr)})
    expect_config_error([&](json& c) { c["temperature"] = value; }, "above 0");
}

TEST_F(ModelDirectoryTest, RejectsEachMissingPart) {
  save_model(model_, small_model());
  for (const char* key : {"format", "version", "architecture", "classes", "input", "training"}) {
    expect_config_error([&](json& c) { c.erase(key); }, std::string("\"") + key + "\" is missing");
    expect_config_error([&](json& c) { c[key] = nullptr; }, std::string("\"") + key + "\" is null");
  }
}

TEST_F(ModelDirectoryTest, RejectsAConfigurationCutShortAtEveryByte) {
  save_model(model_, small_model());
  const std::string whole = contents_of(model_ / "config.json");
  for (std::size_t bytes = 0; bytes + 2 < whole.size(); ++bytes) {  // the last one is a line end
    write(model_ / "config.json", whole.substr(0, bytes));
    EXPECT_THROW(load_model(model_), FormatError) << bytes;
  }
}

TEST_F(ModelDirectoryTest, RejectsHostileConfigurations) {
  save_model(model_, small_model());
  const std::string whole = contents_of(model_ / "config.json");
  auto expect_rejected = [&](const std::string& text, const std::string& part) {
    write(model_ / "config.json", text);
    const std::string error = load_error();
    EXPECT_NE(error.find(part), std::string::npos)
        << "expected \"" << part << "\" in: " << error.substr(0, 500);
  };
  expect_rejected(std::string(5'000'000, '['), "nests deeper than the 32 levels");
  expect_rejected("{\"input\":" + std::string(33, '[') + std::string(33, ']') + "}",
                  "nests deeper");
  expect_rejected("{\"format\":\"byteformer model\",\"format\":\"x\"}", "the key \"format\" twice");
  expect_rejected("{\"training\":{\"a\":1,\"a\":2}}", "the key \"a\" twice");
  expect_rejected("{\"training\":{\"a\":1e999}}", "no valid JSON at byte");
  expect_rejected("{\"for\xFFmat\":1}", "no valid JSON");
  expect_rejected(whole + std::string(1, '\0') + "x", "a NUL at byte");
  expect_rejected(whole + "{}", "no valid JSON");
  expect_rejected("[]", "must be an object");
  expect_rejected("", "no valid JSON");
  expect_rejected("{\"" + std::string(1'000'000, 'x') + "\":1}", "\"format\" is missing");
}

TEST_F(ModelDirectoryTest, RejectsArchitecturesThatWouldTakeAllMemory) {
  save_model(model_, small_model());
  for (const char* key : {"width", "layers", "ffn", "kernel_size", "max_tokens"})
    expect_config_error([&](json& c) { c["architecture"][key] = 18446744073709551615u; },
                        "18446744073709551615");
}

TEST_F(ModelDirectoryTest, RejectsWeightsThatAreMissingLeftOverOrOfAnotherShape) {
  save_model(model_, small_model());
  expect_weights_error([](TensorMap& w) { w.erase("classifier.bias"); },
                       "tensor \"classifier.bias\" [3] is missing");
  expect_weights_error([](TensorMap& w) { w["extra"] = w["classifier.bias"]; },
                       "tensor \"extra\" [3] belongs to no part");
  expect_weights_error(
      [](TensorMap& w) {
        w["classifier.weight"] = Tensor::from_floats({2, 64}, std::vector<float>(128));
      },
      "tensor \"classifier.weight\" is [2, 64], but config.json needs [3, 64]");
  expect_weights_error(
      [](TensorMap& w) {
        w["classifier.bias"].shape = {1, 3};
      },
      "is [1, 3], but config.json needs [3]");
  expect_weights_error([](TensorMap& w) { w["classifier.bias"].dtype = DType::kI32; },
                       "has the type I32");
}

TEST_F(ModelDirectoryTest, RejectsAWeightsFileFarLargerThanTheModelBeforeReadingIt) {
  save_model(model_, small_model());
  fs::resize_file(model_ / "model.safetensors", std::uintmax_t{1} << 40);  // sparse: takes no space
  EXPECT_NE(load_error().find("has 1099511627776 bytes"), std::string::npos) << load_error();
}

TEST_F(ModelDirectoryTest, NamesWhatIsNotThere) {
  EXPECT_NE(load_error().find("config.json: is not there"), std::string::npos) << load_error();
  save_model(model_, small_model());
  fs::remove(model_ / "model.safetensors");
  EXPECT_NE(load_error().find("model.safetensors: cannot be opened"), std::string::npos)
      << load_error();
}

TEST_F(ModelDirectoryTest, AModelWithoutACardLoads) {
  save_model(model_, small_model());
  fs::remove(model_ / "README.md");
  EXPECT_EQ(load_model(model_).card, "");
}

TEST_F(ModelDirectoryTest, RefusesToSaveWhatItWouldNotLoad) {
  auto expect_refused = [&](const char* what, const std::function<void(ModelDirectory&)>& change) {
    ModelDirectory model = small_model();
    change(model);
    EXPECT_THROW(save_model(model_, model), Error) << what;
    EXPECT_FALSE(fs::exists(model_)) << what;
  };
  expect_refused("too few names", [](ModelDirectory& m) { m.classes.pop_back(); });
  expect_refused("a name twice", [](ModelDirectory& m) { m.classes[1] = "cat"; });
  expect_refused("a name that is not UTF-8", [](ModelDirectory& m) { m.classes[1] = "\xFF"; });
  expect_refused("a missing tensor", [](ModelDirectory& m) { m.weights.erase("classifier.bias"); });
  expect_refused("a threshold of 2", [](ModelDirectory& m) { m.unknown_threshold = 2; });
  expect_refused("a kernel of 1", [](ModelDirectory& m) { m.config.kernel_size = 1; });
  expect_refused("input that is no object", [](ModelDirectory& m) { m.input = "3"; });
  expect_refused("training that is no JSON", [](ModelDirectory& m) { m.training = "{"; });
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace byteformer
