#include "model/config.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "model/config_json.h"

namespace byteformer {
namespace {

using nlohmann::json;

ModelConfig tiny() {
  ModelConfig config = config_of_size("tiny");
  config.classes = 10;
  return config;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

void expect_wrong(const std::function<void(ModelConfig&)>& change, const std::string& part) {
  ModelConfig config = tiny();
  change(config);
  const std::string error = error_of([&] { check(config); });
  EXPECT_NE(error.find(part), std::string::npos) << "expected \"" << part << "\" in: " << error;
}

TEST(ConfigOfSize, HasThePapersNumbers) {
  struct Expected {
    const char* size;
    std::size_t width, layers, heads, ffn;
  };
  for (const Expected& e :
       {Expected{"tiny", 192, 12, 3, 768}, Expected{"small", 384, 12, 6, 1536},
        Expected{"base", 768, 12, 12, 3072}, Expected{"huge", 1280, 32, 20, 5120}}) {
    ModelConfig config = config_of_size(e.size);
    config.classes = 1;
    EXPECT_NO_THROW(check(config)) << e.size;
    EXPECT_EQ(config.width, e.width) << e.size;
    EXPECT_EQ(config.layers, e.layers) << e.size;
    EXPECT_EQ(config.heads, e.heads) << e.size;
    EXPECT_EQ(config.ffn, e.ffn) << e.size;
  }
  EXPECT_NE(error_of([] { config_of_size("large"); }).find("tiny, small, base and huge"),
            std::string::npos);
}

TEST(ConfigOfSize, MergesFollowTheLayersOfThePaper) {
  const ModelConfig config = config_of_size("tiny");
  EXPECT_EQ(config.merges, (std::vector<bool>{1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(config.shifts, (std::vector<std::size_t>{0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64}));
  EXPECT_EQ(default_merges(2), (std::vector<bool>{1, 1}));
}

TEST(CheckConfig, NamesTheFieldAndTheLimit) {
  EXPECT_EQ(error_of([] { check(tiny()); }), "no error");
  expect_wrong([](auto& c) { c.width = 100; }, "width is 100, but must be a multiple of 64");
  expect_wrong([](auto& c) { c.width = 0; }, "width is 0");
  expect_wrong([](auto& c) { c.width = 64u << 20; }, "width is 67108864");
  expect_wrong([](auto& c) { c.heads = 4; }, "heads is 4, but must be 3");
  expect_wrong([](auto& c) { c.kernel_size = 1; }, "conv_kernel_size is 1");
  expect_wrong([](auto& c) { c.kernel_size = 1u << 30; }, "conv_kernel_size is 1073741824");
  expect_wrong([](auto& c) { c.windows.pop_back(); },
               "window_sizes has 11 entries, but the model has 12 layers");
  expect_wrong([](auto& c) { c.shifts.clear(); }, "window_shifts has 0 entries");
  expect_wrong([](auto& c) { c.merges.push_back(true); }, "downsample has 13 entries");
  expect_wrong([](auto& c) { c.windows[3] = 0; }, "a window size is 0");
  expect_wrong([](auto& c) { c.shifts[3] = ~std::size_t{0}; },
               "a window shift is 18446744073709551615");
  expect_wrong([](auto& c) { c.max_tokens = 0; }, "max_num_tokens is 0");
  expect_wrong([](auto& c) { c.max_tokens = ~std::size_t{0}; },
               "max_num_tokens is 18446744073709551615");
  expect_wrong([](auto& c) { c.classes = 0; }, "number of classes is 0");
  expect_wrong([](auto& c) { c.ffn = 0; }, "ffn is 0");
  expect_wrong([](auto& c) { c.layers = 0; }, "layers is 0");
}

TEST(CheckConfig, AllowsOddKernelsNoStemAndShiftsBeyondTheWindow) {
  ModelConfig config = tiny();
  config.kernel_size = 7;
  config.windows.assign(12, 32);
  EXPECT_NO_THROW(check(config));
  config.kernel_size = 0;
  EXPECT_NO_THROW(check(config));
}

TEST(ConfigJson, WrittenThenReadIsEqual) {
  ModelConfig config = tiny();
  EXPECT_EQ(config_from_json(to_json(config), 10, "config.json"), config);
  config.kernel_size = 4;
  config.windows[2] = 32;
  config.shifts[1] = 7;
  config.merges[11] = true;
  config.max_tokens = 50000;
  config.positions = Positions::kSinusoidal;
  config.masking = Masking::kReference;
  EXPECT_EQ(config_from_json(to_json(config), 10, "config.json"), config);
}

TEST(ConfigJson, RejectsEachFieldThatIsMissingOrOfAnotherKind) {
  const json good = to_json(tiny());
  for (const auto& [key, unused] : good.items()) {
    json missing = good;
    missing.erase(key);
    const std::string error = error_of([&] { config_from_json(missing, 10, "config.json"); });
    EXPECT_NE(error.find("config.json: architecture." + key + " is missing"), std::string::npos)
        << error;
    for (const json& value : {json(nullptr), json(-1), json(1.5), json("x"), json::object(),
                              json(std::vector<int>{-1})}) {
      json wrong = good;
      wrong[key] = value;
      EXPECT_NE(error_of([&] { config_from_json(wrong, 10, "config.json"); }), "no error")
          << key << ' ' << value;
    }
  }
}

TEST(ConfigJson, RejectsUnknownFieldsWithTheKnownOnes) {
  json more = to_json(tiny());
  more["dropout"] = 0.1;
  const std::string error = error_of([&] { config_from_json(more, 10, "config.json"); });
  EXPECT_NE(error.find("architecture.\"dropout\" is not known"), std::string::npos) << error;
  EXPECT_NE(error.find("kernel_size"), std::string::npos) << error;
  EXPECT_NE(error_of([&] { config_from_json(json::array(), 10, "config.json"); }), "no error");
}

TEST(ConfigJson, ChecksWhatItRead) {
  json wrong = to_json(tiny());
  wrong["kernel_size"] = 1;
  EXPECT_NE(error_of([&] {
              config_from_json(wrong, 10, "config.json");
            }).find("config.json: conv_kernel_size is 1"),
            std::string::npos);
}

}  // namespace
}  // namespace byteformer
