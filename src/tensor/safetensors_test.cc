#include "tensor/safetensors.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "byteformer/error.h"

namespace byteformer {
namespace {

// A file of this header and this many bytes of data.
std::string file_of(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(data_bytes, '\1');
}

Safetensors parsed(const std::string& file) {
  const auto bytes = std::as_bytes(std::span(file));
  return parse_safetensors(std::vector<std::byte>(bytes.begin(), bytes.end()), "w.safetensors");
}

// The text of the FormatError, which must name the file.
std::string error_of(const std::string& file) {
  try {
    parsed(file);
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("w.safetensors: ", 0), 0u) << error.what();
    return error.what();
  }
  return "no error";
}

void expect_error(const std::string& file, const std::string& part) {
  const std::string error = error_of(file);
  EXPECT_NE(error.find(part), std::string::npos) << "expected \"" << part << "\" in: " << error;
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

std::string one_tensor(const std::string& shape, const std::string& offsets) {
  return "{" + tensor("a", "F32", shape, offsets) + "}";
}

TEST(Safetensors, WrittenThenReadIsEqual) {
  Safetensors contents;
  contents.tensors["b"] = Tensor::from_floats({2, 3}, std::vector<float>{1, 2, 3, 4, 5, -6});
  contents.tensors["a"] = contents.tensors["b"].converted_to(DType::kBF16);
  contents.tensors["half \"name\""] = contents.tensors["b"].converted_to(DType::kF16);
  contents.tensors["empty"] = {DType::kI64, {0, 7}, {}};
  contents.tensors["scalar"] = Tensor::from_floats({}, std::vector<float>{0.5F});
  contents.metadata = {{"format", "pt"}, {"note", "ä"}};
  const std::string file = serialize_safetensors(contents);
  const Safetensors again = parsed(file);
  EXPECT_EQ(again.metadata, contents.metadata);
  ASSERT_EQ(again.tensors.size(), contents.tensors.size());
  for (const auto& [name, t] : contents.tensors) {
    ASSERT_TRUE(again.tensors.contains(name)) << name;
    EXPECT_EQ(again.tensors.at(name).dtype, t.dtype) << name;
    EXPECT_EQ(again.tensors.at(name).shape, t.shape) << name;
    EXPECT_EQ(again.tensors.at(name).data, t.data) << name;
  }
  EXPECT_EQ(serialize_safetensors(again), file);
}

TEST(Safetensors, HeaderEndsAtAMultipleOfEightBytes) {
  for (const char* name : {"a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"}) {
    const std::string file =
        serialize_safetensors({{{name, Tensor::from_floats({1}, std::vector<float>{1})}}, {}});
    EXPECT_EQ((file.size() - 4) % 8, 0u) << name;
  }
}

TEST(Safetensors, ReadsAFileThatTheReferencesLibraryWrote) {
  const Safetensors golden =
      load_safetensors(std::string(BYTEFORMER_GOLDEN) + "/backward/d64_k8_w32.safetensors");
  EXPECT_GT(golden.tensors.size(), 50u);
  EXPECT_EQ(golden.tensors.at("grad.embeddings.weight").shape, (Shape{257, 64}));
}

TEST(Safetensors, AcceptsAnEmptyListOfTensors) {
  EXPECT_TRUE(parsed(file_of("{}", 0)).tensors.empty());
}

TEST(Safetensors, AcceptsTensorsInAnotherOrderThanTheirBytes) {
  const Safetensors t = parsed(file_of(
      "{" + tensor("a", "F32", "[1]", "[4,8]") + "," + tensor("b", "F32", "[1]", "[0,4]") + "}",
      8));
  EXPECT_EQ(t.tensors.size(), 2u);
}

TEST(SafetensorsReader, RejectsFilesCutShortAtEveryByte) {
  const std::string file = file_of(one_tensor("[2]", "[0,8]"), 8);
  ASSERT_EQ(error_of(file), "no error");
  for (std::size_t bytes = 0; bytes < file.size(); ++bytes)
    EXPECT_NE(error_of(file.substr(0, bytes)), "no error") << bytes << " bytes";
}

TEST(SafetensorsReader, RejectsTrailingBytes) {
  expect_error(file_of(one_tensor("[2]", "[0,8]"), 9),
               "end at byte 8 of the data, but 9 bytes are there");
}

TEST(SafetensorsReader, RejectsAHeaderLongerThanTheFile) {
  std::string file = file_of("{}", 0);
  for (std::uint64_t length : {std::uint64_t{3}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    std::memcpy(file.data(), &length, 8);
    expect_error(file, "said to have " + std::to_string(length) + " bytes, but the file has 2");
  }
}

TEST(SafetensorsReader, RejectsAHeaderAboveAHundredMegabytes) {
  expect_error(file_of(std::string(100'000'001, ' '), 0), "100000001 bytes");
}

TEST(SafetensorsReader, RejectsOffsetsThatOverflowSixtyFourBits) {
  expect_error(file_of(one_tensor("[2]", "[0,18446744073709551616]"), 8), "18446744073709551616");
  expect_error(file_of(one_tensor("[2]", "[18446744073709551608,18446744073709551615]"), 8),
               "lies at bytes");
}

TEST(SafetensorsReader, RejectsOffsetsOutsideTheFile) {
  expect_error(file_of(one_tensor("[2]", "[4,12]"), 8),
               "lies at bytes 4 to 12, but the file has 8");
}

TEST(SafetensorsReader, RejectsOffsetsThatRunBackwards) {
  expect_error(file_of(one_tensor("[2]", "[8,0]"), 8), "lies at bytes 8 to 0");
}

TEST(SafetensorsReader, RejectsTensorsThatOverlap) {
  expect_error(file_of("{" + tensor("a", "F32", "[2]", "[0,8]") + "," +
                           tensor("b", "F32", "[2]", "[4,12]") + "}",
                       12),
               "within the tensor before it");
}

TEST(SafetensorsReader, RejectsTensorsThatShareTheirBytes) {
  expect_error(file_of("{" + tensor("a", "F32", "[2]", "[0,8]") + "," +
                           tensor("b", "F32", "[2]", "[0,8]") + "}",
                       8),
               "within the tensor before it");
}

TEST(SafetensorsReader, RejectsHolesBetweenTensors) {
  expect_error(file_of("{" + tensor("a", "F32", "[1]", "[0,4]") + "," +
                           tensor("b", "F32", "[1]", "[8,12]") + "}",
                       12),
               "a hole");
  expect_error(file_of(one_tensor("[1]", "[4,8]"), 8), "a hole");
}

TEST(SafetensorsReader, RejectsShapesWhoseProductWraps) {
  expect_error(file_of(one_tensor("[4294967296,4294967296]", "[0,0]"), 0), "more than 2^64");
  expect_error(file_of(one_tensor("[4611686018427387904]", "[0,0]"), 0),
               "does not fit its 0 bytes");  // times 4
}

TEST(SafetensorsReader, RejectsShapesThatDoNotFitTheirBytes) {
  expect_error(file_of(one_tensor("[3]", "[0,8]"), 8),
               "of shape [3] and type F32 does not fit its 8 bytes");
}

TEST(SafetensorsReader, RejectsUnknownTypes) {
  expect_error(file_of("{" + tensor("a", "F8_E4M3", "[8]", "[0,8]") + "}", 8),
               "has the type \"F8_E4M3\", but BOOL");
}

TEST(SafetensorsReader, RejectsMoreThanSixteenDimensions) {
  expect_error(file_of(one_tensor("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "[0,8]"), 8),
               "more than 16 dimensions");
}

TEST(SafetensorsReader, RejectsOtherThanTwoOffsets) {
  expect_error(file_of(one_tensor("[2]", "[0]"), 8), "1 data_offsets");
  expect_error(file_of(one_tensor("[2]", "[]"), 8), "0 data_offsets");
  expect_error(file_of(one_tensor("[2]", "[0,8,8]"), 8), "more than 2 data_offsets");
}

TEST(SafetensorsReader, RejectsTheSameTensorTwice) {
  const std::string a = tensor("a", "F32", "[1]", "[0,4]");
  expect_error(file_of("{" + a + "," + tensor("a", "F32", "[1]", "[4,8]") + "}", 8),
               "the key \"a\" twice");
}

TEST(SafetensorsReader, RejectsTheSameFieldTwice) {
  expect_error(
      file_of(R"({"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}})", 4),
      "twice");
  expect_error(file_of(R"({"__metadata__":{"a":"1","a":"2"}})", 0), "twice");
}

TEST(SafetensorsReader, RejectsMissingAndUnknownFields) {
  expect_error(file_of(R"({"a":{"dtype":"F32","shape":[1]}})", 4), "without all of");
  expect_error(file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}})", 4),
               "unknown field \"more\"");
}

TEST(SafetensorsReader, RejectsNegativeAndFractionalNumbers) {
  expect_error(file_of(one_tensor("[-2]", "[0,8]"), 8), "negative number -2");
  expect_error(file_of(one_tensor("[2.0]", "[0,8]"), 8), "2.0");
  expect_error(file_of(one_tensor("[2]", "[0,8e0]"), 8), "8e0");
  expect_error(file_of(one_tensor("[2]", "[0,1e999]"), 8), "no valid JSON");
}

TEST(SafetensorsReader, RejectsValuesOfAnotherKind) {
  for (const char* value :
       {"null", "true", "3", "\"x\"", "[]", "[[]]", "{\"a\":1}", "{\"dtype\":[\"F32\"]}",
        "{\"dtype\":1}", "{\"shape\":{}}", "{\"shape\":\"x\"}", "{\"shape\":[null]}",
        "{\"shape\":[\"1\"]}", "{\"shape\":[{}]}", "{\"data_offsets\":7}"})
    EXPECT_NE(error_of(file_of(std::string("{\"a\":") + value + "}", 0)), "no error") << value;
  for (const char* header :
       {"", " ", "1", "[]", "\"x\"", "null", "{", "{}{}", "{} x", R"({"__metadata__":[]})",
        R"({"__metadata__":{"a":1}})", R"({"__metadata__":{"a":{}}})", R"({"__metadata__":"x"})"})
    EXPECT_NE(error_of(file_of(header, 0)), "no error") << header;
}

TEST(SafetensorsReader, RejectsDeepNestingWithoutRecursion) {
  expect_error(file_of(std::string(10'000'000, '['), 0), "a list where none belongs");
  expect_error(file_of("{\"a\":{\"shape\":" + std::string(10'000'000, '['), 0),
               "a list where none belongs");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  expect_error(file_of(objects, 0), "the unknown field");
}

TEST(SafetensorsReader, RejectsTextThatIsNotUtf8) {
  expect_error(file_of("{\"a\xFF\":{}}", 0), "no valid JSON");
  expect_error(file_of("{\"a\xC3\":{}}", 0), "no valid JSON");
}

TEST(SafetensorsReader, RejectsANulThatHidesTheRestOfTheHeader) {
  expect_error(file_of(std::string("{}\0{}", 5), 0), "a NUL at its byte 2");
}

TEST(SafetensorsReader, NamesAMissingFileAndAFolder) {
  EXPECT_THROW(load_safetensors("no/such.safetensors"), IoError);
  EXPECT_THROW(load_safetensors(testing::TempDir()), IoError);
}

TEST(SafetensorsReader, DoesNotWaitForAFifo) {
  const std::string path = testing::TempDir() + "safetensors_fifo_" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(load_safetensors(path), IoError);
  ::unlink(path.c_str());
}

TEST(SafetensorsWriter, RefusesATensorThatDoesNotFitItsShape) {
  Tensor t = Tensor::from_floats({2}, std::vector<float>{1, 2});
  t.shape = {3};
  EXPECT_THROW(serialize_safetensors({{{"a", t}}, {}}), ModelError);
}

TEST(SafetensorsWriter, RefusesNamesThatAreNotUtf8) {
  EXPECT_THROW(serialize_safetensors({{{"\xFF", Tensor{}}}, {}}), ModelError);
}

}  // namespace
}  // namespace byteformer
