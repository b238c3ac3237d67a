#include "model/staged_forward.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "base/parallel.h"
#include "base/random.h"
#include "kernels/kernels.h"
#include "model/geometry.h"
#include "model/simple_forward.h"
#include "tests/golden.h"

namespace byteformer {
namespace {

using nlohmann::json;

// A recorded case of files alone (no padding in the batch), with the model's bound.
struct Named {
  std::string kind;
  std::size_t number;
};

const json& cases_of(const std::string& kind) {
  static std::map<std::string, json> loaded;
  if (!loaded.contains(kind)) loaded[kind] = golden::load_json(kind + "/cases.json")["cases"];
  return loaded[kind];
}

bool has_padding(const json& c) {
  if (c.contains("ids_fill")) return true;
  for (const auto& input : c["inputs"])
    if (golden::input_bytes(input).size() < c["batch"][1].get<std::size_t>()) return true;
  return false;
}

std::vector<Named> cases_without_padding() {
  std::vector<Named> all;
  for (const char* kind : {"model", "strict"})
    for (std::size_t i = 0; i < cases_of(kind).size(); ++i)
      if (!has_padding(cases_of(kind)[i])) all.push_back({kind, i});
  return all;
}

class StagedGolden : public testing::TestWithParam<Named> {};

TEST_P(StagedGolden, GivesTheRecordedLogits) {
  const bool strict = GetParam().kind == "strict";
  const json& c = cases_of(GetParam().kind)[GetParam().number];
  const std::string name = c["name"];
  const ModelConfig config =
      golden::config_of(c["config"], strict ? Masking::kStrict : Masking::kReference);
  const StagedModel model(config, golden::weights_of(c, config));
  const bool damaged = name.find("trap.ln_channel_first") != std::string::npos;
  static std::map<std::string, TensorMap> tensors;
  TensorMap& recorded = tensors[GetParam().kind];
  if (recorded.empty()) recorded = golden::load_tensors(GetParam().kind + "/cases.safetensors");
  const std::vector<double> expected =
      recorded.at(name + (damaged ? "/logits64_channel_last" : "/logits64")).to_doubles();
  const double bound = c.contains("tolerance") ? c["tolerance"]["logits"].get<double>() : 3.3e-5;
  std::size_t at = 0;
  for (const auto& input : c["inputs"]) {
    const std::vector<float> logits = model.logits(golden::input_bytes(input));
    double worst = 0;
    for (const float v : logits) worst = std::max(worst, std::abs(v - expected[at++]));
    EXPECT_LE(worst, bound * golden::rms(expected)) << name;
  }
  EXPECT_EQ(at, expected.size());
}

INSTANTIATE_TEST_SUITE_P(Recorded, StagedGolden, testing::ValuesIn(cases_without_padding()),
                         [](const auto& test_case) {
                           std::string name =
                               cases_of(test_case.param.kind)[test_case.param.number]["name"];
                           for (char& ch : name)
                             if (!std::isalnum(static_cast<unsigned char>(ch))) ch = '_';
                           return test_case.param.kind + "_" + name;
                         });

// Of the logits of these files, in float32. Without the few that would keep an emulated processor
// busy for minutes.
std::uint64_t hash_of_recorded_files() {
  constexpr std::size_t kMostBytes = 2000, kWidest = 128;
  std::uint64_t hash = kEmptyHash;
  for (const Named& named : cases_without_padding()) {
    const json& c = cases_of(named.kind)[named.number];
    const ModelConfig config = golden::config_of(
        c["config"], named.kind == "strict" ? Masking::kStrict : Masking::kReference);
    if (config.width > kWidest) continue;
    const StagedModel model(config, golden::weights_of(c, config));
    for (const auto& input : c["inputs"]) {
      const std::vector<std::uint8_t> bytes = golden::input_bytes(input);
      if (bytes.size() > kMostBytes) continue;
      const std::vector<float> logits = model.logits(bytes);
      hash = hash_of_text({reinterpret_cast<const char*>(logits.data()), 4 * logits.size()}, hash);
    }
  }
  return hash;
}

// On every processor: the cross build for ARM has this test too.
TEST(StagedBits, AreThoseOfOneHashWhereverMultiplicationsAndAdditionsAreFused) {
  std::size_t sets = 0;
  for (const char* name : {"amx", "avx512-bf16", "avx512", "avx2", "neon-bf16", "neon"})
    for (const kernels::Set* set : kernels::all_sets())
      if (set->name == std::string(name) && set->is_supported()) {
        ::setenv("BYTEFORMER_KERNELS", name, 1);
        EXPECT_EQ(hash_of_recorded_files(), 0xB469C469DCAAA5AF) << name;
        ++sets;
      }
  ::unsetenv("BYTEFORMER_KERNELS");
  if (sets == 0) GTEST_SKIP() << "this machine has no such set";
}

// Every kernel set that runs here, under both maskings, over layers that shift within a window,
// beyond one, and not at all, with odd merges and windows that do not divide 128.
struct Shape {
  Masking masking;
  std::vector<std::size_t> windows, shifts;
  std::vector<bool> merges;
};

const Shape kShapes[] = {
    {Masking::kStrict, {8, 8, 8, 8}, {0, 4, 0, 4}, {true, false, true, false}},
    {Masking::kReference, {8, 8, 8, 8}, {0, 4, 0, 4}, {true, false, true, false}},
    {Masking::kStrict, {5, 48, 128, 3}, {3, 64, 7, 0}, {false, true, true, true}},
    {Masking::kReference, {5, 48, 128, 3}, {3, 64, 7, 0}, {false, true, true, true}},
    {Masking::kReference, {4, 4, 4, 4}, {64, 9, 64, 2}, {true, true, false, false}},
};

ModelConfig config_of(const Shape& shape) {
  ModelConfig config;
  config.width = 64;
  config.heads = 1;
  config.ffn = 200;  // more than a chunk of the FFN, and no multiple of it
  config.layers = 4;
  config.kernel_size = 4;
  config.windows = shape.windows;
  config.shifts = shape.shifts;
  config.merges = shape.merges;
  config.max_tokens = 5000;
  config.masking = shape.masking;
  config.classes = 7;
  return config;
}

std::vector<kernels::Precision> offered_by(const kernels::Set& set) {
  std::vector<kernels::Precision> precisions = {kernels::Precision::kF32};
  if (set.bf16 != nullptr) precisions.push_back(kernels::Precision::kBf16);
  if (set.int8 != nullptr) precisions.push_back(kernels::Precision::kInt8);
  return precisions;
}

class StagedForward : public testing::TestWithParam<std::size_t> {
 protected:
  void TearDown() override { ::unsetenv("BYTEFORMER_KERNELS"); }
  const ModelConfig config_ = config_of(kShapes[GetParam()]);
  const TensorMap weights_ = golden::formula_weights(config_);
};

TEST_P(StagedForward, AgreesWithTheSimplePassAtEveryLength) {
  const StagedModel staged(config_, weights_);
  const SimpleModel simple(config_, weights_);
  for (const std::size_t length : {1u,  2u,  3u,  4u,   5u,   6u,   8u,   9u,    15u,   17u,  18u,
                                   19u, 30u, 64u, 129u, 131u, 258u, 300u, 1021u, 2600u, 8193u}) {
    const std::vector<std::uint8_t> bytes = golden::formula_bytes("staged", length);
    const std::vector<float> expected = simple.logits(ids_of(bytes, config_.kernel_size)),
                             logits = staged.logits(bytes);
    const double size = golden::rms({expected.begin(), expected.end()});
    for (std::size_t i = 0; i < logits.size(); ++i)
      EXPECT_NEAR(logits[i], expected[i], 2e-5 * size) << length << " bytes";
  }
}

TEST_P(StagedForward, GivesTheSameBitsForAnyCuttingAndAnyThreadsOnEverySet) {
  std::mt19937 random(7);
  for (const kernels::Set* set : kernels::all_sets()) {
    if (!set->is_supported()) continue;  // KernelSets says aloud which are skipped
    ::setenv("BYTEFORMER_KERNELS", set->name, 1);
    for (const kernels::Precision precision : offered_by(*set)) {
      const StagedModel model(config_, weights_, precision);
      const std::string name = std::string(set->name) + " " + kernels::name_of(precision);
      const bool slow = set->name == std::string("plain");
      for (const std::size_t length : {1u, 3u, 40u, 700u, slow ? 701u : 5003u}) {
        const std::vector<std::uint8_t> bytes = golden::formula_bytes("cut", length);
        const std::vector<float> whole = model.logits(bytes);
        for (const unsigned threads : {2u, 3u, 8u}) {
          ThreadPool pool(threads);
          EXPECT_EQ(model.logits(bytes, &pool), whole) << name << ", " << threads << " threads";
        }
        for (const std::size_t grain : {1u, 2u, 5u, 1000u}) {
          StagedPass pass(model, nullptr, grain);
          for (std::size_t at = 0; at < length;) {
            const std::size_t piece = std::min<std::size_t>(length - at, random() % 90);
            pass.push(std::span(bytes).subspan(at, piece));
            at += piece;
          }
          EXPECT_EQ(pass.finish(), whole) << name << ", " << length << " bytes, grain " << grain;
        }
      }
    }
  }
}

TEST_P(StagedForward, EverySetWithFusedMultiplyAddGivesTheSameFloat32Bits) {
  std::map<std::string, std::vector<float>> logits;
  const std::vector<std::uint8_t> bytes = golden::formula_bytes("bits", 3001);
  for (const char* name : {"amx", "avx512-bf16", "avx512", "avx2", "neon-bf16", "neon"})
    for (const kernels::Set* set : kernels::all_sets())
      if (set->name == std::string(name) && set->is_supported()) {
        ::setenv("BYTEFORMER_KERNELS", name, 1);
        logits[name] = StagedModel(config_, weights_).logits(bytes);
      }
  if (logits.size() < 2) GTEST_SKIP() << "this machine has fewer than two such sets";
  for (const auto& [name, values] : logits) EXPECT_EQ(values, logits.begin()->second) << name;
}

// The bounds are those of the self-test: 0.05 and 0.15 of the logits' rms.
TEST_P(StagedForward, ReducedPrecisionsStayNearFloat32AndAreNotTheSame) {
  const StagedModel exact(config_, weights_);
  for (const kernels::Set* set : kernels::all_sets()) {
    if (!set->is_supported()) continue;
    ::setenv("BYTEFORMER_KERNELS", set->name, 1);
    for (const kernels::Precision precision : offered_by(*set)) {
      if (precision == kernels::Precision::kF32) continue;
      const StagedModel model(config_, weights_, precision);
      for (const std::size_t length : {1u, 40u, 701u}) {
        const std::vector<std::uint8_t> bytes = golden::formula_bytes("near", length);
        const std::vector<float> expected = exact.logits(bytes), logits = model.logits(bytes);
        const double size = golden::rms({expected.begin(), expected.end()}),
                     bound = precision == kernels::Precision::kBf16 ? 0.05 : 0.15;
        EXPECT_NE(logits, expected);
        for (std::size_t i = 0; i < logits.size(); ++i)
          EXPECT_NEAR(logits[i], expected[i], bound * size)
              << set->name << " " << kernels::name_of(precision) << ", " << length << " bytes";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, StagedForward, testing::Range<std::size_t>(0, std::size(kShapes)));

}  // namespace
}  // namespace byteformer
