// The odd files of tests/odd, each read as odd.tsv says it must be.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "byteformer/error.h"
#include "codec/read_image.h"

namespace byteformer {
namespace {

struct OddFile {
  std::string name;  // as in odd.tsv, with escapes
  std::string must;
};

std::string odd_folder() { return std::string(BYTEFORMER_SOURCE) + "/tests/odd/"; }

// The rows that concern a reader of pictures: pictures themselves, and what only looks like one.
std::vector<OddFile> odd_images() {
  std::vector<OddFile> files;
  std::ifstream in(odd_folder() + "odd.tsv");
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> columns(1);
    for (const char c : line)
      if (c == '\t')
        columns.emplace_back();
      else
        columns.back() += c;
    if (columns.size() < 4 || columns[0] == "name") continue;
    const bool is_sound = columns[0].starts_with("audio/") || columns[3].starts_with("audio");
    if (!is_sound) files.push_back({columns[0], columns[3]});
  }
  return files;
}

// Of the escapes that odd.tsv knows, those that names of pictures have.
std::string unescaped(std::string name) {
  for (const auto& [escape, character] : {std::pair{"\\n", "\n"}, {"\\t", "\t"}, {"\\\"", "\""}})
    for (std::size_t at; (at = name.find(escape)) != std::string::npos;)
      name.replace(at, 2, character);
  return name;
}

class OddImages : public testing::TestWithParam<OddFile> {};

TEST_P(OddImages, AreReadAsTheyMustBe) {
  std::ifstream in(odd_folder() + unescaped(GetParam().name), std::ios::binary);
  ASSERT_TRUE(in) << GetParam().name;
  const std::vector<std::uint8_t> file{std::istreambuf_iterator<char>(in), {}};
  const std::string& must = GetParam().must;
  const bool is_image = must.starts_with("image ");
  try {
    const Image image = read_image(file, GetParam().name);
    const std::string size = std::to_string(image.width) + "x" + std::to_string(image.height);
    EXPECT_TRUE(must.starts_with("image " + size + " "))
        << "was read as " << size << ", not " << must;
    EXPECT_EQ(image.rgb.size(), 3 * image.width * image.height);
  } catch (const InputError& error) {
    EXPECT_TRUE(!is_image || must.ends_with("or error")) << error.what();
    EXPECT_NE(std::string(error.what()).find(GetParam().name), std::string::npos) << error.what();
    if (GetParam().name.find("bomb") != std::string::npos) {
      EXPECT_EQ(error.kind(), InputErrorKind::kTooLarge);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OddTsv, OddImages, testing::ValuesIn(odd_images()), [](const auto& row) {
  std::string name = row.param.name;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

TEST(OddTsv, NamesAllTheFilesThatAreNoSound) { EXPECT_EQ(odd_images().size(), 47U); }

}  // namespace
}  // namespace byteformer
