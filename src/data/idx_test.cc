#include "data/idx.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "byteformer/error.h"
#include "codec/tiff.h"
#include "data/encode_idx.h"
#include "files/input.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

using std::string_literals::operator""s;

std::string images(unsigned count) {
  return "\0\0\x08\x03\0\0\0"s + static_cast<char>(count) + "\0\0\0\x02\0\0\0\x03"s;
}

TEST(Idx, ReadsImagesGzippedOrNot) {
  const TemporaryFolder folder;
  const std::string contents = images(2) + "abcdefABCDEF";
  const std::string plain = folder.write("plain", contents),
                    packed = (folder.path() / "packed.gz").string();
  gzFile out = gzopen(packed.c_str(), "wb");
  gzwrite(out, contents.data(), static_cast<unsigned>(contents.size()));
  gzclose(out);
  for (const std::string& path : {plain, packed}) {
    const IdxImages set = load_idx_images(path);
    EXPECT_EQ(set.count, 2U);
    EXPECT_EQ(set.rows, 2U);
    EXPECT_EQ(set.columns, 3U);
    EXPECT_EQ(set.pixels[6], 'A');
  }
}

TEST(Idx, RefusesWhatIsCutShortTooLongOrSomethingElse) {
  const TemporaryFolder folder;
  for (const std::string& contents :
       {""s, "\0\0\x08"s, images(2) + "abc", images(2) + "abcdefABCDEFG",
        "\0\0\x0D\x03"s + images(1).substr(4) + "abcdef", "hello world, no IDX"s,
        "\0\0\x08\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s,
        "\0\0\x08\x03\x7F\xFF\xFF\xFF\0\0\0\x01\0\0\0\x01"s})
    EXPECT_THROW(load_idx_images(folder.write("x", contents)), FormatError) << contents.size();
  EXPECT_THROW(load_idx_images(folder.path() / "missing"), IoError);
}

TEST(Idx, LabelsLieBesideTheImages) {
  EXPECT_EQ(labels_path_beside("d/t10k-images-idx3-ubyte.gz"), "d/t10k-labels-idx1-ubyte.gz");
  EXPECT_THROW(labels_path_beside("d/pictures.gz"), UsageError);
}

class EncodeIdx : public testing::Test {
 protected:
  void SetUp() override {
    set_ = folder_.write("t-images-idx3-ubyte", images(2) + "abcdefABCDEF");
    folder_.write("t-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\x02\x01\0"s);
  }
  TemporaryFolder folder_;
  std::string set_;
};

TEST_F(EncodeIdx, WritesGrayAsThreeEqualChannelsInFoldersOfClasses) {
  EXPECT_EQ(write_idx_as_tiff(set_, folder_.path() / "out", {"shoe", "bag"}, 0), 2U);
  const std::vector<std::uint8_t> file =
      read_input((folder_.path() / "out/bag/00000.tiff").string(), Origin::kGiven);
  EXPECT_EQ(file.size(), 140U + 18);
  EXPECT_EQ(std::string(file.end() - 18, file.end()), "aaabbbcccdddeeefff");
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "out/shoe/00001.tiff"));
}

TEST_F(EncodeIdx, RefusesLabelsOfAnotherNumberThanThePictures) {
  folder_.write("t-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\x03\x01\0\0"s);
  EXPECT_THROW(write_idx_as_tiff(set_, folder_.path() / "out", {}, 0), FormatError);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out"));
}

TEST_F(EncodeIdx, RefusesNamesThatAreNoFoldersTooFewOfThemAndAFolderThatIsNotEmpty) {
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"a"}, {"a", "a"}, {"a", "../b"}, {"a", ""}, {"a", ".."}})
    EXPECT_THROW(write_idx_as_tiff(set_, folder_.path() / "new", names, 0), UsageError);
  EXPECT_THROW(write_idx_as_tiff(set_, folder_.path(), {}, 0), UsageError);
}

}  // namespace
}  // namespace byteformer
