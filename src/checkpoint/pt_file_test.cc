#include "checkpoint/pt_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "checkpoint/little_endian.h"
#include "checkpoint/stored_zip.h"
#include "model/geometry.h"
#include "model/simple_forward.h"
#include "tests/golden.h"

namespace byteformer {
namespace {

using nlohmann::json;

std::string golden_path(const std::string& name) {
  return (golden::folder() / "checkpoint" / name).string();
}

PtContents parsed(const std::string& file) {
  return parse_pt(std::as_bytes(std::span(file)), "x.pt");
}

std::string error_of(const std::string& file) {
  try {
    parsed(file);
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("x.pt: ", 0), 0U) << error.what();
    return error.what();
  }
  return "no error";
}

// The logits of every file that expected.json lists, from these weights.
void expect_logits(const TensorMap& weights, const json& expected, const json& files,
                   std::size_t most_bytes) {
  const SimpleModel model(golden::config_of(expected.at("config"), Masking::kReference), weights);
  for (const auto& file : files) {
    std::ifstream in(golden_path(file.at("file")), std::ios::binary);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
    bytes.resize(std::min(bytes.size(), most_bytes));
    const std::vector<float> logits = model.logits(ids_of(bytes, model.config().kernel_size));
    for (std::size_t i = 0; i < logits.size(); ++i)
      EXPECT_NEAR(logits[i], file.at("logits64")[i].get<double>(), 1e-5) << file["file"];
  }
}

TEST(PtFile, AStateDictGivesTheReferencesLogits) {
  const json expected = golden::load_json("checkpoint/expected.json")["d64.pt"];
  const PtContents contents = load_pt(golden_path("d64.pt"));
  EXPECT_EQ(contents.tensors.at("classifier.weight").shape, (Shape{10, 64}));
  expect_logits(weights_in(contents, PtWeights::kTrained, "d64.pt"), expected, expected["files"],
                10000);
}

TEST(PtFile, ATrainingCheckpointHoldsBothWeightsAndItsProgress) {
  const json expected = golden::load_json("checkpoint/expected.json")["d64_2layers_training.pt"];
  const PtContents contents = load_pt(golden_path("d64_2layers_training.pt"));
  EXPECT_EQ(contents.values.at("epoch"), "1");
  EXPECT_EQ(contents.values.at("iterations"), "20");
  EXPECT_EQ(contents.values.at("best_metric"), "62.5");
  EXPECT_EQ(contents.values.at("is_interval_ckpt"), "False");
  EXPECT_EQ(contents.values.at("optim_state_dict.param_groups.0.foreach"), "None");
  EXPECT_EQ(contents.tensors.at("optim_state_dict.state.0.exp_avg").shape, (Shape{257, 64}));
  EXPECT_EQ(contents.tensors.at("optim_state_dict.state.0.step").shape, Shape{});
  expect_logits(weights_in(contents, PtWeights::kTrained, "t.pt"), expected,
                expected["raw"]["files"], 390);
  expect_logits(weights_in(contents, PtWeights::kAveraged, "t.pt"), expected,
                expected["ema"]["files"], 390);
}

TEST(PtFile, TheWrappersPrefixIsTakenOff) {
  const PtContents wrapped = load_pt(golden_path("d64_2layers_module_prefix.pt")),
                   training = load_pt(golden_path("d64_2layers_training.pt"));
  EXPECT_TRUE(wrapped.tensors.contains("module.classifier.bias"));
  const TensorMap a = weights_in(wrapped, PtWeights::kTrained, "a"),
                  b = weights_in(training, PtWeights::kAveraged, "b");
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    EXPECT_EQ(tensor.shape, b.at(name).shape) << name;
    EXPECT_EQ(tensor.data, b.at(name).data) << name;
  }
}

TEST(PtFile, WeightsThatAreNotThereAreAnError) {
  EXPECT_THROW(weights_in(load_pt(golden_path("d64.pt")), PtWeights::kAveraged, "d64.pt"),
               ModelError);
  EXPECT_THROW(weights_in({}, PtWeights::kTrained, "empty.pt"), ModelError);
}

TEST(PtFile, WrittenAndReadAgainIsTheSame) {
  TensorMap tensors = load_pt(golden_path("d64.pt")).tensors;
  const Tensor floats = Tensor::from_floats({2, 3}, std::vector<float>{1, 2, 3, 4, 5, -6});
  tensors["half"] = floats.converted_to(DType::kF16);
  tensors["brain"] = floats.converted_to(DType::kBF16);
  tensors["scalar"] = Tensor::from_floats({}, std::vector<float>{0.5F});
  tensors["empty"] = {DType::kI64, {0, 7}, {}};
  for (const DType type :
       {DType::kBool, DType::kU8, DType::kI8, DType::kI16, DType::kI32, DType::kI64, DType::kF64})
    tensors[name_of(type)] = {type, {3}, std::vector<std::byte>(3 * size_of(type), std::byte{1})};
  const std::string file = serialize_pt(tensors);
  EXPECT_EQ(file, serialize_pt(tensors));
  const TensorMap again = parsed(file).tensors;
  ASSERT_EQ(again.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(again.at(name).dtype, tensor.dtype) << name;
    EXPECT_EQ(again.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(again.at(name).data, tensor.data) << name;
  }
}

// A checkpoint {"t": tensor} with this storage of float32, whose numbers are free.
struct Described {
  std::int32_t elements = 6, offset = 0;
  std::vector<std::int32_t> shape = {2, 3}, strides = {3, 1};
  std::string type = "FloatStorage", key = "0", byteorder = "little";
  std::size_t stored_bytes = 24;
  int copies = 1;

  std::string file() const {
    std::string pickle = "\x80\x02}(";
    auto text = [&](const std::string& value) {
      pickle += 'X';
      append_little_endian(pickle, static_cast<std::uint32_t>(value.size()));
      pickle += value;
    };
    auto integer = [&](std::int32_t value) {
      pickle += 'J';
      append_little_endian(pickle, value);
    };
    for (int i = 0; i < copies; ++i) {
      text("t" + std::to_string(i));
      pickle += "ctorch._utils\n_rebuild_tensor_v2\n((";
      text("storage");
      pickle += "ctorch\n" + type + "\n";
      text(key);
      text("cpu");
      integer(elements);
      pickle += "tQ";
      integer(offset);
      for (const auto* sizes : {&shape, &strides}) {
        pickle += '(';
        for (const std::int32_t size : *sizes) integer(size);
        pickle += 't';
      }
      pickle += "\x89}tR";
    }
    pickle += "u.";
    std::string data(stored_bytes, '\0');
    for (std::size_t i = 0; i + 4 <= stored_bytes; i += 4) {
      const std::size_t index = i / 4;
      const auto value = static_cast<float>(index);
      std::memcpy(&data[i], &value, 4);
    }
    return write_stored_zip(
        {{"x/data.pkl", pickle}, {"x/byteorder", byteorder}, {"x/data/0", data}});
  }
};

TEST(PtFile, StridesAndOffsetsAreFollowed) {
  Described transposed;
  transposed.strides = {1, 2};
  EXPECT_EQ(parsed(transposed.file()).tensors.at("t0").to_floats(),
            (std::vector<float>{0, 2, 4, 1, 3, 5}));
  Described part;
  part.offset = 2;
  part.shape = {2, 1, 2};
  part.strides = {2, 1000000, 1};  // a dimension of one row goes nowhere
  EXPECT_EQ(parsed(part.file()).tensors.at("t0").to_floats(), (std::vector<float>{2, 3, 4, 5}));
}

TEST(PtFile, TensorsBeyondTheirStorageAreErrors) {
  auto expect = [](auto change, const std::string& part) {
    Described d;
    change(d);
    const std::string error = error_of(d.file());
    EXPECT_NE(error.find(part), std::string::npos) << part << " in: " << error;
  };
  using D = Described;
  expect(
      [](D& d) {
        d.shape = {2, 4};
        d.strides = {4, 1};
      },
      "ends behind its storage");
  expect([](D& d) { d.strides = {2147483647, 2147483647}; }, "ends behind its storage");
  expect([](D& d) { d.offset = 1; }, "ends behind its storage");
  expect([](D& d) { d.offset = 7; }, "begins behind its storage");
  expect([](D& d) { d.offset = -1; }, "no whole number from 0");
  expect([](D& d) { d.shape = {-2, 3}; }, "no whole number from 0");
  expect([](D& d) { d.strides = {-3, 1}; }, "no whole number from 0");
  expect([](D& d) { d.strides = {1}; }, "2 sizes and 1 strides");
  expect([](D& d) { d.shape = d.strides = std::vector<std::int32_t>(17, 1); }, "16 dimensions");
  expect([](D& d) { d.elements = 2147483647; }, "which are not its");
  expect([](D& d) { d.stored_bytes = 20; }, "which are not its");
  expect([](D& d) { d.type = "DoubleStorage"; }, "which are not its");
  expect([](D& d) { d.key = "1"; }, "are not in the file");
  expect([](D& d) { d.byteorder = "big"; }, "little endian");
}

TEST(PtFile, ASmallFileGivesNoLargeTensors) {
  Described repeated;
  repeated.shape = std::vector<std::int32_t>(16, 2147483647);
  repeated.strides = std::vector<std::int32_t>(16, 0);
  EXPECT_NE(error_of(repeated.file()).find("larger than the file"), std::string::npos);
  Described many;
  many.elements = 25000;
  many.stored_bytes = 100000;
  many.shape = {25000};
  many.strides = {1};
  EXPECT_EQ(parsed(many.file()).tensors.size(), 1U);
  many.copies = 100;
  EXPECT_NE(error_of(many.file()).find("larger than the file"), std::string::npos);
}

std::string file_with_pickle(const std::string& pickle) {
  return write_stored_zip({{"x/data.pkl", pickle}});
}

TEST(PtFile, HostilePicklesAreErrors) {
  using namespace std::string_literals;
  const std::string start = "\x80\x02";
  // Lists that hold the one before them ten times: 10^14 values on 14 levels.
  std::string sharing = start + "}X\x01\0\0\0k(]q\0"s;
  for (int level = 0; level < 14; ++level) {
    sharing += "](";
    for (int i = 0; i < 10; ++i) sharing += "h\0"s;
    sharing += "eq\0"s;
  }
  EXPECT_NE(error_of(file_with_pickle(sharing + "ts.")).find("100000 values"), std::string::npos);
  std::string nested = start + "}q\1X\x01\0\0\0kh\1s."s;  // a dictionary in itself
  EXPECT_NE(error_of(file_with_pickle(nested)).find("16 deep"), std::string::npos);
  EXPECT_NE(error_of(file_with_pickle(start + "].")).find("dictionary"), std::string::npos);
  EXPECT_NE(error_of(file_with_pickle(start + "}N]s.")).find("key"), std::string::npos);
  EXPECT_NE(error_of(file_with_pickle(start + "}X\1\0\0\0kctorch\nFloatStorage\ns."s))
                .find("neither a number"),
            std::string::npos);
  EXPECT_NE(error_of(file_with_pickle(start + "}(X\1\0\0\0kNX\1\0\0\0kNu."s)).find("twice"),
            std::string::npos);
  EXPECT_NE(
      error_of(file_with_pickle(start + "}X\1\0\0\0kctorch._utils\n_rebuild_tensor_v2\n)Rs."s))
          .find("not described"),
      std::string::npos);
}

TEST(PtFile, OtherFilesAreErrors) {
  EXPECT_NE(error_of(write_stored_zip({{"x/version", "3"}})).find("no data.pkl"),
            std::string::npos);
  EXPECT_NE(error_of(write_stored_zip({{"x/data.pkl", "\x80\x02}."}, {"y/data.pkl", "\x80\x02}."}}))
                .find("two pickles"),
            std::string::npos);
  EXPECT_NE(error_of("\x80\x02}."), "no error");  // the format before the archives
  EXPECT_THROW(load_pt(golden_path("files")), IoError);
  EXPECT_THROW(load_pt("no such file.pt"), IoError);
}

TEST(PtFile, CutShortOrChangedItIsAnErrorAndNeverMore) {
  const std::string file = Described().file();
  for (std::size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(error_of(file.substr(0, length)), "no error") << length;
  // The pickle's bytes, with the archive's checksum right again.
  const std::string pickle([&] {
    const auto entries = read_stored_zip(std::as_bytes(std::span(file)), "x.pt");
    const auto bytes = entries.at("x/data.pkl");
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }());
  for (std::size_t i = 0; i < pickle.size(); ++i)
    for (int value = 0; value < 256; value += 5) {
      std::string changed = pickle;
      changed[i] = static_cast<char>(value);
      try {
        parsed(write_stored_zip({{"x/data.pkl", changed}, {"x/data/0", std::string(24, '\0')}}));
      } catch (const FormatError&) {
      }
    }
}

}  // namespace
}  // namespace byteformer
