#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "byteformer/byteformer.h"
#include "byteformer/classifier.h"
#include "byteformer/version.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

// Handles that close themselves, so that a failed test is not a leak as well.
struct Free {
  void operator()(bf_classifier* classifier) const { bf_classifier_close(classifier); }
  void operator()(bf_stream* stream) const { bf_stream_free(stream); }
  void operator()(bf_result* result) const { bf_result_free(result); }
};
using ClassifierHandle = std::unique_ptr<bf_classifier, Free>;
using StreamHandle = std::unique_ptr<bf_stream, Free>;
using ResultHandle = std::unique_ptr<bf_result, Free>;

std::size_t threads_of_this_process() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

class CApi : public testing::Test {
 protected:
  void SetUp() override { save_model(path(), tiny_model()); }

  std::string path() const { return (folder_.path() / "model").string(); }

  ClassifierHandle open(bf_options options = {}) const {
    options.size = sizeof options;
    bf_classifier* classifier;
    bf_error error;
    EXPECT_EQ(bf_classifier_open(path().c_str(), &options, &classifier, &error), BF_OK)
        << error.message;
    return ClassifierHandle(classifier);
  }

  // The error of opening the model as it lies in the folder now.
  bf_error open_error(const bf_options* options = nullptr) const {
    bf_classifier* classifier = reinterpret_cast<bf_classifier*>(1);
    bf_error error;
    EXPECT_NE(bf_classifier_open(path().c_str(), options, &classifier, &error), BF_OK);
    EXPECT_EQ(classifier, nullptr);
    return error;
  }

  static ResultHandle classify(const ClassifierHandle& classifier,
                               const std::vector<std::uint8_t>& bytes) {
    bf_result* result;
    bf_error error;
    EXPECT_EQ(bf_classify(classifier.get(), bytes.data(), bytes.size(), &result, &error), BF_OK)
        << error.message;
    return ResultHandle(result);
  }

  static StreamHandle open_stream(const ClassifierHandle& classifier) {
    bf_stream* stream;
    bf_error error;
    EXPECT_EQ(bf_stream_open(classifier.get(), &stream, &error), BF_OK) << error.message;
    return StreamHandle(stream);
  }

  static ResultHandle finish(const StreamHandle& stream) {
    bf_result* result;
    bf_error error;
    EXPECT_EQ(bf_stream_finish(stream.get(), &result, &error), BF_OK) << error.message;
    return ResultHandle(result);
  }

  static std::vector<float> logits(const ResultHandle& result) {
    const float* values = bf_result_logits(result.get());
    return {values, values + 3};
  }

  TemporaryFolder folder_;
  const std::vector<std::uint8_t> file_ = golden::formula_bytes("file", 90);
};

TEST_F(CApi, GivesWhatTheCppApiGives) {
  const Classifier classifier(path());
  const Prediction p = classifier.classify(file_);
  const ClassifierHandle handle = open();
  const ResultHandle result = classify(handle, file_);
  EXPECT_EQ(bf_result_label(result.get()), p.label);
  EXPECT_EQ(bf_result_probability(result.get()), p.probability);
  EXPECT_FALSE(bf_result_is_unknown(result.get()));
  EXPECT_EQ(bf_result_bytes(result.get()), p.bytes);
  EXPECT_EQ(bf_result_tokens(result.get()), p.tokens);
  EXPECT_EQ(logits(result), p.logits);
  ASSERT_EQ(bf_result_top_count(result.get()), p.top.size());
  for (std::size_t i = 0; i < p.top.size(); ++i) {
    EXPECT_EQ(bf_result_top_label(result.get(), i), p.top[i].label);
    EXPECT_EQ(bf_result_top_class(result.get(), i), p.top[i].class_index);
    EXPECT_EQ(bf_result_top_probability(result.get(), i), p.top[i].probability);
  }
  EXPECT_EQ(bf_result_top_label(result.get(), 3), nullptr);
  EXPECT_EQ(bf_result_top_class(result.get(), 3), SIZE_MAX);
  EXPECT_EQ(bf_result_top_probability(result.get(), 3), 0);

  ASSERT_EQ(bf_class_count(handle.get()), 3U);
  EXPECT_STREQ(bf_class_name(handle.get(), 1), "pear");
  EXPECT_EQ(bf_class_name(handle.get(), 3), nullptr);
  EXPECT_EQ(bf_max_bytes(handle.get()), classifier.max_bytes());
  EXPECT_EQ(bf_kernels_name(handle.get()), classifier.kernels());
  EXPECT_EQ(bf_precision_name(handle.get()), classifier.precision());
  EXPECT_EQ(bf_notice(handle.get(), 0), nullptr);
  EXPECT_STREQ(bf_version(), kVersion);
}

TEST_F(CApi, AnUnknownFileHasNoLabelButItsProbabilities) {
  ModelDirectory model = tiny_model();
  model.unknown_threshold = 1.0;
  save_model(path(), model);
  const ResultHandle result = classify(open(), file_);
  EXPECT_TRUE(bf_result_is_unknown(result.get()));
  EXPECT_EQ(bf_result_label(result.get()), nullptr);
  EXPECT_EQ(bf_result_top_count(result.get()), 3U);
}

TEST_F(CApi, EachDamageOfAModelHasItsStatusAndAMessageThatNamesTheFile) {
  fs::resize_file(fs::path(path()) / "model.safetensors", 100);
  bf_error error = open_error();
  EXPECT_EQ(error.status, BF_FORMAT);
  EXPECT_NE(std::string(error.message).find("model.safetensors"), std::string::npos)
      << error.message;

  save_model(path(), tiny_model());
  const std::string config = (fs::path(path()) / "config.json").string();
  std::ifstream in(config);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.replace(text.find("\"layers\": 2"), 11, "\"layers\": 0");
  std::ofstream(config) << text;
  error = open_error();
  EXPECT_EQ(error.status, BF_CONFIG) << error.message;
  EXPECT_NE(std::string(error.message).find("config.json"), std::string::npos) << error.message;

  fs::remove_all(path());
  error = open_error();
  EXPECT_EQ(error.status, BF_IO);
  EXPECT_NE(std::string(error.message).find(path()), std::string::npos) << error.message;
}

TEST_F(CApi, LogitsThatAreNotFiniteAreTheModelsFault) {
  ModelDirectory model = tiny_model();
  model.weights["classifier.bias"] =
      Tensor::from_floats({3}, std::vector<float>{0, std::nanf(""), 0});
  save_model(path(), model);
  const ClassifierHandle classifier = open();
  bf_result* result;
  bf_error error;
  EXPECT_EQ(bf_classify(classifier.get(), file_.data(), file_.size(), &result, &error), BF_MODEL);
  EXPECT_EQ(result, nullptr);
  EXPECT_NE(std::string(error.message).find("pear"), std::string::npos) << error.message;
}

TEST_F(CApi, InputsThatAreRefusedHaveTheirStatusAndTheClassifierGoesOn) {
  const ClassifierHandle classifier = open();
  const std::vector<std::uint8_t> large(104);
  bf_result* result;
  bf_error error;
  EXPECT_EQ(bf_classify(classifier.get(), nullptr, 0, &result, &error), BF_INPUT_EMPTY);
  EXPECT_EQ(result, nullptr);
  EXPECT_NE(std::string(error.message), "");
  EXPECT_EQ(bf_classify(classifier.get(), large.data(), large.size(), &result, &error),
            BF_INPUT_TOO_LONG);
  EXPECT_EQ(result, nullptr);
  EXPECT_NE(std::string(error.message).find("51 tokens"), std::string::npos) << error.message;
  EXPECT_EQ(bf_classify(classifier.get(), large.data(), 103, &result, &error), BF_OK);
  EXPECT_STREQ(error.message, "");
  bf_result_free(result);
}

TEST_F(CApi, ArgumentsThatAreNullAreNamed) {
  const ClassifierHandle classifier = open();
  const StreamHandle stream = open_stream(classifier);
  bf_classifier* opened;
  bf_stream* started;
  bf_result* result;
  bf_error error;
  const auto is_named = [&](bf_status status, const char* name) {
    return status == BF_USAGE && error.status == BF_USAGE &&
           std::string(error.message).find('"' + std::string(name) + '"') != std::string::npos;
  };
  EXPECT_TRUE(is_named(bf_classifier_open(nullptr, nullptr, &opened, &error), "model_directory"));
  EXPECT_TRUE(is_named(bf_classifier_open("x", nullptr, nullptr, &error), "classifier"));
  EXPECT_TRUE(is_named(bf_classify(nullptr, "x", 1, &result, &error), "classifier"));
  EXPECT_TRUE(is_named(bf_classify(classifier.get(), nullptr, 1, &result, &error), "bytes"));
  EXPECT_TRUE(is_named(bf_classify(classifier.get(), "x", 1, nullptr, &error), "result"));
  EXPECT_TRUE(is_named(bf_stream_open(nullptr, &started, &error), "classifier"));
  EXPECT_TRUE(is_named(bf_stream_open(classifier.get(), nullptr, &error), "stream"));
  EXPECT_TRUE(is_named(bf_stream_push(nullptr, "x", 1, nullptr, &error), "stream"));
  EXPECT_TRUE(is_named(bf_stream_finish(nullptr, &result, &error), "stream"));
  EXPECT_TRUE(is_named(bf_stream_finish(stream.get(), nullptr, &error), "result"));
  EXPECT_TRUE(is_named(bf_stream_push(stream.get(), nullptr, 1, nullptr, &error), "bytes"));
  EXPECT_EQ(bf_classify(nullptr, "x", 1, &result, nullptr), BF_USAGE);
  bf_classifier_close(nullptr);
  bf_stream_free(nullptr);
  bf_result_free(nullptr);
}

TEST_F(CApi, OptionsAreTaken) {
  bf_options options = {};
  options.top = 2;
  options.long_files = BF_LONG_FILES_CUT;
  options.threads = 1;
  const std::size_t before = threads_of_this_process();
  const ClassifierHandle classifier = open(options);
  EXPECT_LE(threads_of_this_process(), before);
  const ResultHandle result = classify(classifier, std::vector<std::uint8_t>(1000));
  EXPECT_EQ(bf_result_top_count(result.get()), 2U);
  EXPECT_EQ(bf_result_bytes(result.get()), 1000U);
  EXPECT_EQ(bf_result_tokens(result.get()), 50U);
}

TEST_F(CApi, AModelRunsInThePrecisionAskedForOrSaysThatItCannot) {
  for (const auto& [precision, name] : {std::pair{BF_PRECISION_AUTO, "f32"},
                                        {BF_PRECISION_F32, "f32"},
                                        {BF_PRECISION_BF16, "bf16"},
                                        {BF_PRECISION_INT8, "int8"}}) {
    bf_options options = {};
    options.size = sizeof options;
    options.precision = precision;
    bf_classifier* classifier;
    bf_error error;
    if (bf_classifier_open(path().c_str(), &options, &classifier, &error) == BF_OK) {
      EXPECT_STREQ(bf_precision_name(classifier), name);
      bf_classifier_close(classifier);
    } else {
      EXPECT_EQ(error.status, BF_USAGE);
      EXPECT_NE(std::string(error.message).find(name), std::string::npos) << error.message;
      EXPECT_TRUE(precision == BF_PRECISION_BF16 || precision == BF_PRECISION_INT8);
    }
  }
}

TEST_F(CApi, OptionsThatAreNotKnownAreRefused) {
  bf_options options = {};
  EXPECT_EQ(open_error(&options).status, BF_USAGE) << "without a size";
  options.size = sizeof options;
  options.long_files = 2;
  EXPECT_NE(std::string(open_error(&options).message).find("long_files is 2"), std::string::npos);
  options.long_files = 0;
  options.precision = 4;
  EXPECT_NE(std::string(open_error(&options).message).find("precision is 4"), std::string::npos);
}

TEST_F(CApi, OptionsOfALaterVersionAreTakenWhereTheySayNothingNew) {
  struct Later {
    bf_options options;
    std::uint64_t added;
  } later = {};
  later.options.size = sizeof later;
  later.options.top = 1;
  bf_classifier* classifier;
  bf_error error;
  ASSERT_EQ(bf_classifier_open(path().c_str(), &later.options, &classifier, &error), BF_OK)
      << error.message;
  EXPECT_EQ(bf_result_top_count(classify(ClassifierHandle(classifier), file_).get()), 1U);
  later.added = 1;
  EXPECT_EQ(open_error(&later.options).status, BF_USAGE);
}

TEST_F(CApi, AStreamGivesTheAnswerOfTheWholeFile) {
  const ClassifierHandle classifier = open();
  const ResultHandle whole = classify(classifier, file_);
  for (const std::size_t piece : {1u, 7u, 90u}) {
    const StreamHandle stream = open_stream(classifier);
    for (std::size_t at = 0; at < file_.size(); at += piece) {
      bool is_full = true;
      bf_error error;
      EXPECT_EQ(bf_stream_push(stream.get(), &file_[at], std::min(piece, file_.size() - at),
                               &is_full, &error),
                BF_OK)
          << error.message;
      EXPECT_FALSE(is_full);
    }
    const ResultHandle result = finish(stream);
    EXPECT_EQ(logits(result), logits(whole)) << piece;
    EXPECT_EQ(bf_result_bytes(result.get()), 90U);
  }
}

TEST_F(CApi, AStreamSaysWhenTheModelHasAllThatItTakes) {
  bf_options options = {};
  options.long_files = BF_LONG_FILES_CUT;
  const StreamHandle stream = open_stream(open(options));
  const std::vector<std::uint8_t> zeros(1000);
  bool is_full = false;
  EXPECT_EQ(bf_stream_push(stream.get(), zeros.data(), zeros.size(), &is_full, nullptr), BF_OK);
  EXPECT_TRUE(is_full);
  EXPECT_EQ(bf_result_tokens(finish(stream).get()), 50U);
}

TEST_F(CApi, AStreamEndsWithItsAnswerOrAnError) {
  const ClassifierHandle classifier = open();
  const std::vector<std::uint8_t> large(104);
  const auto is_over = [](const StreamHandle& stream) {
    bf_result* result;
    return bf_stream_push(stream.get(), "x", 1, nullptr, nullptr) == BF_USAGE &&
           bf_stream_finish(stream.get(), &result, nullptr) == BF_USAGE && result == nullptr;
  };
  const StreamHandle refused = open_stream(classifier);
  EXPECT_EQ(bf_stream_push(refused.get(), large.data(), large.size(), nullptr, nullptr),
            BF_INPUT_TOO_LONG);
  EXPECT_TRUE(is_over(refused)) << "no answer of a part of the file";
  const StreamHandle empty = open_stream(classifier);
  bf_result* result;
  EXPECT_EQ(bf_stream_finish(empty.get(), &result, nullptr), BF_INPUT_EMPTY);
  EXPECT_EQ(result, nullptr);
  EXPECT_TRUE(is_over(empty));
  const StreamHandle done = open_stream(classifier);
  EXPECT_EQ(bf_stream_push(done.get(), "x", 1, nullptr, nullptr), BF_OK);
  finish(done);
  EXPECT_TRUE(is_over(done));
}

TEST_F(CApi, HandlesMayBeFreedInAnyOrder) {
  bf_options options = {};
  options.threads = 3;
  ClassifierHandle classifier = open(options);
  const std::vector<float> expected = logits(classify(classifier, file_));
  const StreamHandle stream = open_stream(classifier);
  classifier.reset();
  EXPECT_EQ(bf_stream_push(stream.get(), file_.data(), file_.size(), nullptr, nullptr), BF_OK);
  EXPECT_EQ(logits(finish(stream)), expected);
}

TEST_F(CApi, ManyThreadsShareOneClassifierAndOneResult) {
  const ClassifierHandle classifier = open();
  const ResultHandle expected = classify(classifier, file_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 10; ++round) {
        if (i % 2 == 0) {
          EXPECT_EQ(logits(classify(classifier, file_)), logits(expected));
        } else {
          const StreamHandle stream = open_stream(classifier);
          EXPECT_EQ(bf_stream_push(stream.get(), file_.data(), file_.size(), nullptr, nullptr),
                    BF_OK);
          EXPECT_EQ(logits(finish(stream)), logits(expected));
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(CApi, NoThreadIsLeftAfterTheLastHandle) {
  const std::size_t before = threads_of_this_process();
  bf_options options = {};
  options.threads = 4;
  ClassifierHandle one = open(options), other = open(options);
  EXPECT_GT(threads_of_this_process(), before);
  StreamHandle stream = open_stream(one);
  classify(other, file_);
  one.reset();
  other.reset();
  stream.reset();
  // The kernel takes a moment to remove a thread that was joined.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (threads_of_this_process() > before && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_LE(threads_of_this_process(), before);
}

#ifndef __SANITIZE_ADDRESS__  // whose allocator, unlike glibc's, may be locked for ever in a child
// What a child process did, as its exit status; a child that hangs is ended.
int status_of_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(body() ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

TEST_F(CApi, AChildOfForkGoesOnWithWhatItsParentOpened) {
  bf_options options = {};
  options.threads = 4;
  ClassifierHandle classifier = open(options);
  const std::vector<float> expected = logits(classify(classifier, file_));
  StreamHandle stream = open_stream(classifier);
  ASSERT_EQ(bf_stream_push(stream.get(), file_.data(), 50, nullptr, nullptr), BF_OK);
  EXPECT_EQ(status_of_child([&] {
              const bool is_equal = logits(classify(classifier, file_)) == expected;
              bf_stream_push(stream.get(), &file_[50], file_.size() - 50, nullptr, nullptr);
              const bool streams = logits(finish(stream)) == expected;
              stream.reset();
              classifier.reset();
              return is_equal && streams;
            }),
            0);
  EXPECT_EQ(logits(classify(classifier, file_)), expected) << "the parent goes on as well";
}

#ifndef __SANITIZE_THREAD__  // which allows no threads in the child of a process with threads
TEST_F(CApi, AChildOfForkMayOpenItsOwnClassifierWithThreads) {
  bf_options options = {};
  options.threads = 4;
  const ClassifierHandle classifier = open(options);
  const std::vector<float> expected = logits(classify(classifier, file_));
  EXPECT_EQ(status_of_child([&] {
              const ClassifierHandle own = open(options);
              return threads_of_this_process() == 4 && logits(classify(own, file_)) == expected;
            }),
            0);
}
#endif

TEST_F(CApi, AChildMayBeForkedWhileOtherThreadsClassify) {
  const ClassifierHandle classifier = open();
  const std::vector<float> expected = logits(classify(classifier, file_));
  std::atomic<bool> ends = false;
  std::thread busy([&] {
    while (!ends) classify(classifier, file_);
  });
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(status_of_child([&] { return logits(classify(classifier, file_)) == expected; }), 0);
  ends = true;
  busy.join();
}
#endif

}  // namespace
}  // namespace byteformer
