#include "codec/encode_image.h"

#include <gtest/gtest.h>

#include <cstring>

#include "byteformer/error.h"
#include "tests/golden_bytes.h"

namespace byteformer {
namespace {

using nlohmann::json;

// The tensor of a golden case: recorded as float32, as bytes to divide by 255, or as one value.
Image golden_image(const json& recorded) {
  const std::size_t height = recorded["shape"][1], width = recorded["shape"][2];
  std::vector<float> tensor(3 * height * width);
  if (recorded.contains("input_f32_chw")) {
    const std::string name = recorded["input_f32_chw"]["file"];
    const auto bytes = golden::bytes_of("encodings/" + name);
    EXPECT_EQ(bytes.size(), 4 * tensor.size());
    std::memcpy(tensor.data(), bytes.data(), bytes.size());
  } else if (recorded.contains("input_u8_chw_divide_by_255")) {
    const std::string name = recorded["input_u8_chw_divide_by_255"]["file"];
    const auto bytes = golden::bytes_of("encodings/" + name);
    EXPECT_EQ(bytes.size(), tensor.size());
    for (std::size_t i = 0; i < tensor.size(); ++i)
      tensor[i] = static_cast<float>(bytes[i]) / 255.0F;
  } else {
    tensor.assign(tensor.size(), recorded.at("input_constant_f32").get<float>());
  }
  return image_from_tensor(tensor, width, height);
}

TEST(EncodeImage, WritesTheReferencesBytesInEveryEncoding) {
  std::size_t held = 0;
  for (const auto& recorded : golden::index_of("encodings", "images")) {
    const Image image = golden_image(recorded);
    for (const auto& [name, expected] : recorded["encodings"].items()) {
      const std::size_t q = name.find("_q");  // JPEG_q60
      const auto file = encode_image(name.substr(0, q), image,
                                     q == std::string::npos ? 1 : std::stoi(name.substr(q + 2)));
      EXPECT_EQ(file.size(), expected["length"]) << recorded["name"] << " " << name;
      EXPECT_EQ(golden::sha256(file), expected["sha256"]) << recorded["name"] << " " << name;
      ++held;
    }
  }
  EXPECT_EQ(held, 8U * 7U);
}

TEST(EncodeImage, QualityIsOneHundredUnlessGiven) {
  const Image image{2, 2, std::vector<std::uint8_t>(12, 77)};
  EXPECT_EQ(encode_image("JPEG", image), encode_image("JPEG", image, 100));
  EXPECT_NE(encode_image("JPEG", image), encode_image("JPEG", image, 60));
}

TEST(EncodeImage, AnUnknownNameIsRefusedWithThoseThatAreKnown) {
  const Image image{1, 1, {1, 2, 3}};
  for (const char* name : {"jpeg", "WEBP", ""}) try {
      encode_image(name, image);
      FAIL() << name;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("fCHW, fHWC, TIFF, PNG, JPEG"), std::string::npos)
          << error.what();
    }
  EXPECT_THROW(encoder_version("jpeg"), UsageError);
}

TEST(EncodeImage, EveryNamedEncodingCanBeWrittenAndHasAVersionOrNone) {
  for (const std::string_view name : image_encodings()) {
    EXPECT_FALSE(encode_image(name, {1, 1, {1, 2, 3}}).empty()) << name;
    const std::string version = encoder_version(name);
    EXPECT_EQ(version.starts_with("libjpeg-turbo "), name == "JPEG") << version;
    EXPECT_EQ(version.starts_with("zlib "), name == "PNG") << version;
  }
}

TEST(EncodeImage, RefusesAQualityOrASizeThatJpegDoesNotHave) {
  const Image image{1, 1, {1, 2, 3}};
  EXPECT_THROW(encode_image("JPEG", image, 0), UsageError);
  EXPECT_THROW(encode_image("JPEG", image, 101), UsageError);
  EXPECT_THROW(encode_image("JPEG", {65501, 1, std::vector<std::uint8_t>(std::size_t{3} * 65501)}),
               UsageError);
}

}  // namespace
}  // namespace byteformer
