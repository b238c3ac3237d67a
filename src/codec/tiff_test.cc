#include "codec/tiff.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace byteformer {
namespace {

std::vector<std::uint8_t> golden_file(const std::string& name) {
  std::ifstream in(std::string(BYTEFORMER_GOLDEN) + "/encodings/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Tiff, WritesTheReferencesBytes) {
  std::ifstream in(std::string(BYTEFORMER_GOLDEN) + "/encodings/index.json");
  std::size_t held = 0;
  const nlohmann::json index = nlohmann::json::parse(in);
  for (const auto& image : index["images"]) {
    const auto& encodings = image["encodings"];
    if (!encodings.contains("TIFF") || !encodings["TIFF"].contains("file") ||
        !encodings["fHWC"].contains("file"))
      continue;
    const std::size_t height = image["shape"][1], width = image["shape"][2];
    EXPECT_EQ(encode_tiff(golden_file(encodings["fHWC"]["file"]), width, height),
              golden_file(encodings["TIFF"]["file"]))
        << image["name"];
    ++held;
  }
  EXPECT_GE(held, 3U);
}

TEST(Tiff, FindsThePixelsOfWhatItWrote) {
  const std::vector<std::uint8_t> rgb(3 * 5 * 7, 9);
  const auto found = find_tiff_pixels(encode_tiff(rgb, 5, 7));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->width, 5U);
  EXPECT_EQ(found->height, 7U);
  EXPECT_EQ(found->offset, 140U);
}

TEST(Tiff, FindsNothingInAnyOtherFile) {
  std::vector<std::uint8_t> file = encode_tiff(std::vector<std::uint8_t>(3 * 5 * 7, 9), 5, 7);
  for (std::size_t i = 0; i < kTiffHeader; ++i) {
    file[i] ^= 1;
    EXPECT_FALSE(find_tiff_pixels(file)) << "header byte " << i;
    file[i] ^= 1;
  }
  EXPECT_FALSE(find_tiff_pixels(std::span(file).first(file.size() - 1)));
  EXPECT_FALSE(find_tiff_pixels({}));
}

}  // namespace
}  // namespace byteformer
