#include "byteformer/classifier.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <locale>
#include <thread>
#include <utility>

#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace byteformer {
namespace {

class ClassifierTest : public testing::Test {
 protected:
  void SetUp() override { save_model(path(), tiny_model()); }
  std::string path() const { return (folder_.path() / "model").string(); }
  TemporaryFolder folder_;
  const std::vector<std::uint8_t> file_ = golden::formula_bytes("classifier", 90);
};

TEST_F(ClassifierTest, GivesProbabilitiesOfAllClassesBestFirst) {
  const Classifier classifier(path());
  const Prediction p = classifier.classify(file_);
  ASSERT_EQ(p.top.size(), 3U);
  double sum = 0;
  for (const ScoredLabel& s : p.top) sum += s.probability;
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_GE(p.top[0].probability, p.top[1].probability);
  EXPECT_EQ(p.label, p.top[0].label);
  EXPECT_EQ(p.probability, p.top[0].probability);
  EXPECT_EQ(p.bytes, 90U);
  EXPECT_EQ(p.tokens, 44U);
  EXPECT_EQ(p.logits, classifier.logits(file_));
}

// A host may have a decimal comma and points between thousands, in C and in C++.
TEST_F(ClassifierTest, GivesTheSameInAHostOfAnotherLocale) {
  ModelDirectory model = tiny_model();
  model.temperature = 1.5;
  save_model(path(), model);
  const std::vector<std::uint8_t> longer(12345);
  const auto answer = [&] {
    const Classifier classifier(path());
    const Prediction p = classifier.classify(file_);
    std::string text = std::to_string(p.tokens) + p.label;
    try {
      classifier.classify(longer);
    } catch (const InputError& error) {
      text += error.what();
    }
    return std::pair{p.probability, text};
  };
  const auto usual = answer();
  if (std::system(("localedef -i de_DE -f UTF-8 '" + folder_.path().string() + "/de'").c_str()) !=
      0)
    GTEST_SKIP() << "needs localedef and the sources of locales";
#ifdef __SANITIZE_ADDRESS__
  const __lsan::ScopedDisabler glibc_keeps_the_folders_of_locpath;
#endif
  ::setenv("LOCPATH", folder_.path().c_str(), 1);
  const std::locale before = std::locale::global(std::locale("de"));
  EXPECT_STREQ(std::localeconv()->decimal_point, ",");
  EXPECT_EQ(answer(), usual);
  std::locale::global(before);
  ::unsetenv("LOCPATH");
}

TEST_F(ClassifierTest, AnEmptyFileIsRefusedAsEmpty) {
  try {
    Classifier(path()).classify({});
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_EQ(error.kind(), InputErrorKind::kEmpty);
  }
}

TEST_F(ClassifierTest, ALongFileIsRefusedWithBothNumbersOrCut) {
  const std::vector<std::uint8_t> longer = golden::formula_bytes("classifier", 200);
  const Classifier strict(path());
  EXPECT_EQ(strict.max_bytes(), 103U);
  EXPECT_NO_THROW(strict.classify(std::span(longer).first(103)));
  try {
    strict.classify(std::span(longer).first(104));
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_EQ(error.kind(), InputErrorKind::kTooLong);
    EXPECT_NE(std::string(error.what()).find("51 tokens"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("for 50"), std::string::npos) << error.what();
  }
  ClassifierOptions options;
  options.long_files = LongFiles::kCut;
  EXPECT_EQ(Classifier(path(), options).logits(longer),
            strict.logits(std::span(longer).first(103)));
}

TEST_F(ClassifierTest, FilesAroundTheKernelAreRight) {
  const Classifier classifier(path());
  for (const std::size_t bytes : {1u, 3u, 4u, 5u})
    EXPECT_EQ(classifier.classify(std::span(file_).first(bytes)).tokens, 1U) << bytes;
  EXPECT_NE(classifier.logits(std::span(file_).first(1)),
            classifier.logits(std::span(file_).first(3)));
  EXPECT_EQ(classifier.logits(std::span(file_).first(4)),
            classifier.logits(std::span(file_).first(5)))
      << "the tail does not fill a kernel";
}

TEST_F(ClassifierTest, GivesTheSameBitsToAnyNumberOfThreadsAtOnce) {
  const Classifier classifier(path());
  const std::vector<float> alone = classifier.logits(file_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) EXPECT_EQ(classifier.logits(file_), alone);
    });
  for (std::thread& thread : threads) thread.join();
  for (const unsigned n : {1u, 2u, 3u, 8u}) {
    ClassifierOptions options;
    options.threads = n;
    EXPECT_EQ(Classifier(path(), options).logits(file_), alone) << n;
  }
}

TEST_F(ClassifierTest, ATemperatureChangesProbabilitiesAndNeitherLogitsNorLabel) {
  const Prediction sure = Classifier(path()).classify(file_);
  ModelDirectory model = tiny_model();
  model.temperature = 4;
  save_model(path(), model);
  const Prediction p = Classifier(path()).classify(file_);
  EXPECT_EQ(p.logits, sure.logits);
  EXPECT_EQ(p.label, sure.label);
  double sum = 0;
  for (const float logit : p.logits)
    sum += std::exp((static_cast<double>(logit) - p.logits[p.top[0].class_index]) / 4);
  EXPECT_NEAR(p.probability, 1 / sum, 1e-12);
  EXPECT_EQ(p.top[0].probability, p.probability);
}

TEST_F(ClassifierTest, BelowTheThresholdTheLabelIsUnknown) {
  ModelDirectory model = tiny_model();
  model.unknown_threshold = 1.0;
  save_model(path(), model);
  const Prediction p = Classifier(path()).classify(file_);
  EXPECT_TRUE(p.unknown);
  EXPECT_EQ(p.label, "");
  EXPECT_FALSE(p.top.empty());
}

TEST_F(ClassifierTest, EqualLogitsAreListedByClassIndex) {
  ModelDirectory model = tiny_model();
  Tensor& weight = model.weights["classifier.weight"];
  weight = Tensor::from_floats(weight.shape, std::vector<float>(element_count(weight.shape)));
  model.weights["classifier.bias"] = Tensor::from_floats({3}, std::vector<float>{1, 2, 2});
  save_model(path(), model);
  const Prediction p = Classifier(path()).classify(file_);
  ASSERT_EQ(p.top.size(), 3U);
  EXPECT_EQ(p.top[0].class_index, 1U);
  EXPECT_EQ(p.top[1].class_index, 2U);
  EXPECT_EQ(p.top[2].class_index, 0U);
}

TEST_F(ClassifierTest, SoftmaxOfLargeLogitsDoesNotOverflow) {
  ModelDirectory model = tiny_model();
  model.weights["classifier.bias"] = Tensor::from_floats({3}, std::vector<float>{0, 1e30F, -1e30F});
  save_model(path(), model);
  const Prediction p = Classifier(path()).classify(file_);
  EXPECT_EQ(p.label, "pear");
  EXPECT_EQ(p.probability, 1);
  EXPECT_EQ(p.top[2].probability, 0);
}

TEST_F(ClassifierTest, LogitsThatAreNotFiniteAreAnErrorThatNamesTheClass) {
  ModelDirectory model = tiny_model();
  model.weights["classifier.bias"] =
      Tensor::from_floats({3}, std::vector<float>{0, std::nanf(""), 0});
  save_model(path(), model);
  try {
    Classifier(path()).classify(file_);
    FAIL() << "no error";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("pear"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace byteformer
