#include "files/class_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

class ClassFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"data/b/1", "data/b/deeper/2", "data/A/x", "data/stray",
                             "data/.hidden/x", "data/b/.secret"})
      folder_.write(name, name);
    std::filesystem::create_directories(folder_.path() / "data/empty");
  }
  Notice collect() {
    return [this](const std::string& text) { notices_ += text + "\n"; };
  }
  TemporaryFolder folder_;
  std::string notices_;
};

TEST_F(ClassFolderTest, SortsClassesByBytesAndSaysWhatItLeavesOut) {
  const ClassFolder folder = list_class_folder((folder_.path() / "data").string(), collect());
  EXPECT_EQ(folder.classes, (std::vector<std::string>{"A", "b", "empty"}));
  ASSERT_EQ(folder.samples.size(), 3U);
  EXPECT_EQ(folder.samples[0].class_index, 0U);
  EXPECT_EQ(folder.samples[2].class_index, 1U);
  EXPECT_NE(notices_.find("2 hidden files"), std::string::npos) << notices_;
  EXPECT_NE(notices_.find("1 files outside a class folder"), std::string::npos) << notices_;
  EXPECT_NE(notices_.find("the class empty has no files"), std::string::npos) << notices_;
}

TEST_F(ClassFolderTest, ATarOfTheSameLayoutGivesTheSameFiles) {
  const std::string tar = (folder_.path() / "data.tar").string();
  ASSERT_EQ(std::system(
                ("tar -C " + (folder_.path() / "data").string() + " -cf " + tar + " A b").c_str()),
            0);
  const ClassFolder archive = list_class_folder(tar, collect());
  EXPECT_EQ(archive.classes, (std::vector<std::string>{"A", "b"}));
  ASSERT_EQ(archive.samples.size(), 3U);
  const std::vector<std::uint8_t> bytes = read_sample(archive.samples[0]);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "data/A/x");
}

TEST_F(ClassFolderTest, ArchivesInAFolderAreShardsOfOneDataSet) {
  const std::string root = folder_.path().string();
  ASSERT_EQ(std::system(("cd " + root +
                         " && mkdir shards && tar -C data -cf shards/0.tar A b/1 && "
                         "tar -C data -cf shards/1.tar b/deeper && mkdir shards/b && echo x > "
                         "shards/b/loose")
                            .c_str()),
            0);
  const ClassFolder folder = list_class_folder(root + "/shards", collect());
  EXPECT_EQ(folder.classes, (std::vector<std::string>{"A", "b"}));
  ASSERT_EQ(folder.samples.size(), 4U);
  EXPECT_EQ(folder.samples[2].name, root + "/shards/1.tar:b/deeper/2");
  const std::vector<std::uint8_t> bytes = read_sample(folder.samples[2]);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "data/b/deeper/2");
}

TEST_F(ClassFolderTest, AMemberThatWasAddedAgainReplacesTheEarlierOne) {
  const std::string tar = (folder_.path() / "data.tar").string();
  const std::string in = "tar -C " + (folder_.path() / "data").string();
  ASSERT_EQ(std::system((in + " -cf " + tar + " A b").c_str()), 0);
  folder_.write("data/A/x", "newer");
  ASSERT_EQ(std::system((in + " -rf " + tar + " A/x").c_str()), 0);
  const ClassFolder archive = list_class_folder(tar, collect());
  ASSERT_EQ(archive.samples.size(), 3U);
  const std::vector<std::uint8_t> bytes = read_sample(archive.samples[0]);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "newer");
}

TEST_F(ClassFolderTest, AFifoGivenAsDataIsRefusedAndNotWaitedFor) {
  const std::string fifo = (folder_.path() / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THROW(list_class_folder(fifo, collect()), UsageError);
}

TEST_F(ClassFolderTest, ClassesAreTheModelsAndMatchedByName) {
  ClassFolder folder = list_class_folder((folder_.path() / "data").string(), collect());
  match_classes(folder, {"z", "empty", "b", "A"});
  EXPECT_EQ(folder.samples[0].class_index, 3U);
  EXPECT_EQ(folder.samples[1].class_index, 2U);
}

TEST_F(ClassFolderTest, AnUnknownClassIsAnErrorThatListsBothSides) {
  ClassFolder folder = list_class_folder((folder_.path() / "data").string(), collect());
  try {
    match_classes(folder, {"A", "c"});
    FAIL() << "no error";
  } catch (const UsageError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("b, empty"), std::string::npos) << text;
    EXPECT_NE(text.find("A, c"), std::string::npos) << text;
  }
}

TEST_F(ClassFolderTest, AFolderWithoutFilesIsRefused) {
  EXPECT_THROW(list_class_folder((folder_.path() / "data/empty").string(), collect()), UsageError);
  EXPECT_THROW(list_class_folder("/no/such/folder", collect()), UsageError);
}

}  // namespace
}  // namespace byteformer
