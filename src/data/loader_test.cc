#include "data/loader.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

class LoaderTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 23; ++i)
      folder_.write("data/" + std::string(i % 2 == 0 ? "even/" : "odd/") + std::to_string(i),
                    std::string(static_cast<std::size_t>(1 + i), static_cast<char>('a' + i)));
    samples_ =
        list_class_folder((folder_.path() / "data").string(), [](const std::string&) {}).samples;
  }

  static LoaderOptions options_of(std::size_t batch, unsigned threads) {
    LoaderOptions options;
    options.batch = batch;
    options.kernel_size = 8;
    options.threads = threads;
    options.seed = 5;
    return options;
  }

  std::vector<Batch> epoch_of(LoaderOptions options, std::size_t epoch, std::size_t first = 0) {
    const InputBytes as_they_are{Recipe{}};
    const FileSet files(samples_, as_they_are, {max_bytes_, options.seed, false});
    Loader loader(files, options, [this](const std::string& text) { notices_ += text; });
    loader.start(epoch, first);
    std::vector<Batch> batches;
    while (auto batch = loader.next()) batches.push_back(std::move(*batch));
    skipped_ = loader.skipped();
    return batches;
  }

  static std::vector<std::string> names_of(const std::vector<Batch>& batches) {
    std::vector<std::string> names;
    for (const Batch& b : batches) names.insert(names.end(), b.names.begin(), b.names.end());
    return names;
  }

  TemporaryFolder folder_;
  SampleList samples_;
  std::string notices_;
  std::size_t max_bytes_ = 0;
  std::size_t skipped_ = 0;
};

TEST_F(LoaderTest, GivesTheSameBatchesWhateverTheThreads) {
  LoaderOptions options = options_of(4, 1);
  const std::vector<Batch> one = epoch_of(options, 3);
  options.threads = 7;
  const std::vector<Batch> many = epoch_of(options, 3);
  ASSERT_EQ(one.size(), 6U);
  ASSERT_EQ(many.size(), one.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(many[i].ids, one[i].ids);
    EXPECT_EQ(many[i].names, one[i].names);
  }
}

TEST_F(LoaderTest, EachEpochHasEveryFileOnceInAnOrderOfItsOwn) {
  LoaderOptions options = options_of(4, 2);
  const std::vector<std::string> first = names_of(epoch_of(options, 0)),
                                 second = names_of(epoch_of(options, 1));
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 23U);
  EXPECT_NE(first, second);
}

TEST_F(LoaderTest, GoesOnInTheMiddleOfAnEpoch) {
  LoaderOptions options = options_of(4, 2);
  const std::vector<Batch> whole = epoch_of(options, 2), rest = epoch_of(options, 2, 4);
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].ids, whole[4].ids);
}

TEST_F(LoaderTest, PadsShortFilesToTheKernelAndCutsLongOnes) {
  LoaderOptions options = options_of(23, 1);
  max_bytes_ = 10;
  options.seed = 0;
  options.shuffle = false;
  const std::vector<Batch> batches = epoch_of(options, 0);
  ASSERT_EQ(batches.size(), 1U);
  for (std::size_t f = 0; f < 23; ++f) {
    const std::int64_t length = batches[0].offsets[f + 1] - batches[0].offsets[f];
    EXPECT_GE(length, 8);
    EXPECT_LE(length, 10);
  }
  EXPECT_EQ(batches[0].ids[1], -1) << "the first file has one byte";
}

TEST_F(LoaderTest, AFileThatVanishedOrIsEmptyIsNamedCountedAndSkipped) {
  std::filesystem::remove(folder_.path() / "data/odd/7");
  folder_.write("data/odd/9", "");
  LoaderOptions options = options_of(4, 2);
  options.seed = 0;
  EXPECT_EQ(names_of(epoch_of(options, 0)).size(), 21U);
  EXPECT_EQ(skipped_, 2U);
  EXPECT_NE(notices_.find("odd/7"), std::string::npos) << notices_;
}

TEST_F(LoaderTest, ABatchOfNothingButSkippedFilesIsGivenEmptyAndCounted) {
  for (const char* name : {"even/0", "even/10"}) folder_.write("data/" + std::string(name), "");
  LoaderOptions options = options_of(2, 2);
  options.shuffle = false;  // even/0 and even/10 come first
  const InputBytes as_they_are{Recipe{}};
  const FileSet files(samples_, as_they_are, {});
  Loader loader(files, options, [](const std::string&) {});
  loader.start(0);
  const Batch first = loader.next().value();
  EXPECT_TRUE(first.targets.empty() && first.names.empty() && first.ids.empty());
  EXPECT_EQ(loader.given(), 1U) << "so a resume begins behind it";
  const std::vector<std::string> second = loader.next().value().names;
  loader.start(0, 1);
  EXPECT_EQ(loader.next().value().names, second);
}

}  // namespace
}  // namespace byteformer
