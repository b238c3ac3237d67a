#include "data/folder_facts.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "codec/wav.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

class FolderFactsTest : public testing::Test {
 protected:
  void write_wav(const std::string& name, std::uint32_t rate) const {
    const std::vector<std::uint8_t> file =
        encode_wav({rate, 1, std::vector<float>(50, 0.25F)}, WavType::kInt16);
    folder_.write(name, std::string(file.begin(), file.end()));
  }
  FolderFacts facts() const {
    return facts_of_folder((folder_.path() / "data").string(), [](const std::string&) {});
  }

  TemporaryFolder folder_;
};

TEST_F(FolderFactsTest, KnowTheLengthOfEveryFileInOrder) {
  folder_.write("data/one/a", "12345");
  folder_.write("data/one/b", "");
  folder_.write("data/two/c", "123");
  EXPECT_EQ(facts().bytes, (std::vector<std::uint64_t>{0, 3, 5}));
  EXPECT_EQ(facts().classes, 2U);
  EXPECT_FALSE(facts().wav_rate);
}

TEST_F(FolderFactsTest, SeeTheRateWhereAllAreWavAtOne) {
  write_wav("data/one/a.wav", 8000);
  write_wav("data/two/b.wav", 8000);
  EXPECT_EQ(facts().wav_rate, 8000U);
  write_wav("data/two/c.wav", 16000);
  EXPECT_FALSE(facts().wav_rate);
}

// Sparse: it takes no room on the disk, and more than the machine's memory to read whole.
TEST_F(FolderFactsTest, AreTakenFromTheBeginningOfALongFile) {
  write_wav("data/one/a.wav", 8000);
  write_wav("data/two/b.wav", 8000);
  std::filesystem::resize_file(folder_.path() / "data/two/b.wav", std::uintmax_t{1} << 40);
  EXPECT_EQ(facts().wav_rate, 8000U);
}

}  // namespace
}  // namespace byteformer
