// A step of training on the project's own kernels: what does not depend on how it is computed.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <thread>

#include "byteformer/error.h"
#include "train/autocast.h"
#include "train/device.h"
#include "train/loss.h"
#include "train/modules.h"
#include "train/windowed_block.h"

namespace byteformer {
namespace {

ModelConfig small_config(Masking masking) {
  ModelConfig config;
  config.width = 64;
  config.layers = 4;
  config.heads = 1;
  config.ffn = 256;
  config.kernel_size = 4;
  config.windows.assign(4, 16);
  config.shifts = {0, 8, 0, 8};
  config.merges = default_merges(4);
  config.max_tokens = 600;
  config.masking = masking;
  config.classes = 3;
  return config;
}

// Files of lengths that leave partial windows and odd merges.
Batch uneven_batch() {
  Batch batch{{}, {0}, {0, 1, 2, 0}, {}};
  for (const std::size_t bytes : {5u, 64u, 333u, 1001u}) {
    for (std::size_t i = 0; i < bytes; ++i)
      batch.ids.push_back(static_cast<std::int32_t>((i * i + bytes) % 256));
    batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
  }
  return batch;
}

struct Step {
  double loss = 0;
  std::map<std::string, at::Tensor> gradients;
};

Step step_of(const TrainableModel& model, bool bf16) {
  at::Tensor loss;
  {
    const Autocast autocast(bf16, model.device());
    loss = cross_entropy(model.forward(uneven_batch()), uneven_batch().targets, 0.1);
  }
  loss.backward();
  Step step{loss.item<double>(), {}};
  for (const auto& [name, tensor] : model.tensors()) {
    step.gradients[name] = tensor.grad().to(at::kCPU, /*non_blocking=*/false, /*copy=*/true);
    tensor.mutable_grad().reset();
  }
  return step;
}

TrainableModel model_of(Masking masking, const at::TensorOptions& options = at::kFloat) {
  return {small_config(masking), EmbeddingInit::kNormal, 7, options};
}

class TrainingStep : public testing::TestWithParam<Masking> {
 protected:
  void TearDown() override { at::set_num_threads(threads_); }
  int threads_ = at::get_num_threads();
};

// Of a step in float32 and in mixed precision, against LibTorch's operations in float64.
void expect_right_steps(const TrainableModel& model) {
  const Step expected = step_of(model_of(model.config().masking, at::kDouble), false);
  for (const bool mixed : {false, true}) {
    const Step step = step_of(model, mixed);
    EXPECT_NEAR(step.loss, expected.loss, mixed ? 1e-2 : 1e-5);
    for (const auto& [name, gradient] : step.gradients) {
      if (name.ends_with("qkv_proj.bias")) continue;  // its key part is rounding noise
      const at::Tensor& truth = expected.gradients.at(name);
      const double size = truth.norm().item<double>(),
                   away = (gradient.to(at::kDouble) - truth).norm().item<double>();
      EXPECT_LE(away, (mixed ? 0.05 : 2e-5) * size + 1e-7)
          << name << (mixed ? " in mixed precision" : "");
    }
  }
}

TEST_P(TrainingStep, GivesTheGradientsOfLibTorchsOperations) {
  expect_right_steps(model_of(GetParam()));
}

TEST_P(TrainingStep, GivesThemOnAGpuToo) {
  try {
    expect_right_steps(model_of(GetParam(), at::device(device_named("cuda", 0)).dtype(at::kFloat)));
  } catch (const UsageError& error) {
    GTEST_SKIP() << error.what();
  }
}

TEST_P(TrainingStep, HasTheSameBitsWhereActivationsAreComputedAgain) {
  for (const bool bf16 : {false, true}) {
    TrainableModel model = model_of(GetParam());
    const Step kept = step_of(model, bf16);
    model.checkpoint_activations(true);
    const Step again = step_of(model, bf16);
    EXPECT_EQ(again.loss, kept.loss);
    for (const auto& [name, gradient] : kept.gradients)
      EXPECT_TRUE(at::equal(again.gradients.at(name), gradient)) << name;
  }
}

// Operations of autograd that lead to `result`, by name.
std::multiset<std::string> operations_behind(const at::Tensor& result) {
  std::multiset<std::string> names;
  std::set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> next = {result.grad_fn().get()};
  while (!next.empty()) {
    torch::autograd::Node* node = next.back();
    next.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    names.insert(node->name());
    for (const auto& edge : node->next_edges()) next.push_back(edge.function.get());
  }
  return names;
}

std::size_t count_of(const std::multiset<std::string>& names, const std::string& part) {
  return static_cast<std::size_t>(std::count_if(names.begin(), names.end(), [&](const auto& name) {
    return name.find(part) != std::string::npos;
  }));
}

TEST_P(TrainingStep, RunsOnTheProjectsKernelsWhereItCan) {
  const TrainableModel model = model_of(GetParam());
  const auto merges = static_cast<std::size_t>(
      std::count(model.config().merges.begin(), model.config().merges.end(), true));
  const auto names = operations_behind(model.forward(uneven_batch()));
  EXPECT_EQ(count_of(names, "WindowedBlock"), model.config().layers);
  EXPECT_EQ(count_of(names, "MergedRows"), merges);
  EXPECT_EQ(count_of(names, "StemTable"), 1U);
  EXPECT_EQ(count_of(operations_behind(model_of(GetParam(), at::kDouble).forward(uneven_batch())),
                     "WindowedBlock"),
            0U);
}

#ifdef __GLIBC__
TEST_P(TrainingStep, KeepsLessWhereActivationsAreComputedAgain) {
  TrainableModel model = model_of(GetParam());
  const auto kept_by = [&](bool recompute) {
    model.checkpoint_activations(recompute);
    const std::size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
    const at::Tensor logits = model.forward(uneven_batch());
    return ::mallinfo2().uordblks + ::mallinfo2().hblkhd - before;
  };
  kept_by(false);  // what the first pass allocates for good
  const std::size_t all = kept_by(false), inputs = kept_by(true);
  EXPECT_LT(inputs, all / 2);
}
#endif

TEST_P(TrainingStep, RepeatsToTheBitForEachNumberOfThreads) {
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const TrainableModel model = model_of(GetParam());
    const Step first = step_of(model, true), second = step_of(model, true);
    for (const auto& [name, gradient] : first.gradients)
      EXPECT_TRUE(at::equal(second.gradients.at(name), gradient))
          << name << ", " << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Under, TrainingStep,
                         testing::Values(Masking::kReference, Masking::kStrict),
                         [](const auto& masking) {
                           return masking.param == Masking::kStrict ? "StrictMasking"
                                                                    : "ReferenceMasking";
                         });

// The loops are templates over OpenMP pragmas: compiled without OpenMP they run on one thread.
TEST(ParallelLoops, RunOnAsManyThreadsAsWereAskedFor) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  at::parallel_for(0, 3, 1, [&](std::int64_t, std::int64_t) {
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  at::set_num_threads(before);
  EXPECT_EQ(threads.size(), 3U);
}

}  // namespace
}  // namespace byteformer
