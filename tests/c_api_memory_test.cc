// Running out of memory at any allocation is a status, not an end.
#include <gtest/gtest.h>

#include <functional>

#include "byteformer/byteformer.h"
#include "tests/failing_new.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

class CApiWithoutMemory : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    save_model(folder_.path() / "model", tiny_model());
    model_ = (folder_.path() / "model").string();
    options_.size = sizeof options_;
    options_.threads = GetParam();
  }

  // Calls with no, one, two, ... allocations until one succeeds; returns how many that took.
  static long succeed_after(const std::function<bf_status(bf_error*)>& call) {
    for (long allowed = 0;; ++allowed) {
      bf_error error;
      allocations_left = allowed;
      const bf_status status = call(&error);
      allocations_left = -1;
      if (status == BF_OK) return allowed;
      // A stream of the standard library that gets no buffer says only that reading failed.
      EXPECT_TRUE(status == BF_NO_MEMORY || status == BF_IO)
          << allowed << ": " << bf_status_name(status) << ": " << error.message;
      EXPECT_STRNE(error.message, "");
      if (HasFailure() || allowed > 1'000'000) return allowed;
    }
  }

  TemporaryFolder folder_;
  std::string model_;
  bf_options options_ = {};
};
INSTANTIATE_TEST_SUITE_P(OfOneAndOfSeveralThreads, CApiWithoutMemory, testing::Values(1u, 3u));

TEST_P(CApiWithoutMemory, EveryAllocationMayFailInEveryCall) {
  bf_classifier* classifier = nullptr;
  EXPECT_GT(succeed_after([&](bf_error* error) {
              return bf_classifier_open(model_.c_str(), &options_, &classifier, error);
            }),
            100);
  ASSERT_NE(classifier, nullptr);

  bf_result* result = nullptr;
  EXPECT_GT(succeed_after([&](bf_error* error) {
              return bf_classify(classifier, "some bytes of a file", 20, &result, error);
            }),
            10);
  ASSERT_NE(result, nullptr);

  bf_result* streamed = nullptr;
  EXPECT_GT(succeed_after([&](bf_error* error) {
              bf_stream* stream = nullptr;
              bf_status status = bf_stream_open(classifier, &stream, error);
              if (status == BF_OK)
                status = bf_stream_push(stream, "some bytes of a file", 20, nullptr, error);
              if (status == BF_OK) status = bf_stream_finish(stream, &streamed, error);
              bf_stream_free(stream);
              return status;
            }),
            10);
  ASSERT_NE(streamed, nullptr);
  EXPECT_EQ(bf_result_probability(streamed), bf_result_probability(result));
  bf_result_free(streamed);
  bf_result_free(result);
  bf_classifier_close(classifier);
}

}  // namespace
}  // namespace byteformer
