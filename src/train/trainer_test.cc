#include "train/trainer.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>

#include "base/random.h"
#include "byteformer/error.h"
#include "model/geometry.h"
#include "model/model_directory.h"
#include "model/simple_forward.h"
#include "report/history.h"
#include "tests/temporary_folder.h"
#include "train/checkpoint.h"
#include "train/device.h"
#include "train/modules.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

// Weights and their average, to the bit.
void expect_equal(const Checkpoint& a, const Checkpoint& b) {
  for (const auto& [name, tensor] : a.weights)
    EXPECT_EQ(tensor.data, b.weights.at(name).data) << name;
  for (const auto& [name, tensor] : a.ema)
    EXPECT_EQ(tensor.data, b.ema.at(name).data) << "average of " << name;
}

// Two classes that differ in their bytes: letters and digits, files of uneven lengths.
class TrainerTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 24; ++i) {
      write("letters", i, 'a');
      write("digits", i, '0');
    }
  }
  void write(const std::string& name, int i, char first) const {
    std::string contents;
    for (int b = 0; b < 5 + i * 7; ++b) contents += static_cast<char>(first + (b * i + b) % 9);
    temporary_.write("data/" + name + "/" + std::to_string(i), contents);
  }

  TrainOptions options(const std::string& run) const {
    TrainOptions o;
    o.recipe = parse_recipe(
        "", "test",
        {"model.classification.byteformer.width=64", "model.classification.byteformer.layers=2",
         "model.classification.byteformer.ffn=64",
         "model.classification.byteformer.conv_kernel_size=4",
         "model.classification.byteformer.window_sizes=16",
         "model.classification.byteformer.max_num_tokens=100", "dataset.train_batch_size0=8",
         "dataset.validation_share=0.25", "scheduler.max_epochs=6", "scheduler.warmup_iterations=4",
         "scheduler.cosine.max_lr=0.001", "ema.momentum=0.1"});
    o.recipe.data.train = (folder_ / "data").string();
    o.run_directory = (folder_ / run).string();
    o.threads = 1;
    o.notice = [](const std::string&) {};
    return o;
  }

  // Resumes the run "cut", whose weights then are to be those of "whole".
  void finish(TrainOptions cut, Checkpoint& whole, Checkpoint& resumed) const {
    cut.resume = true;
    cut.notice = [](const std::string&) {};
    ASSERT_EQ(train(cut), TrainResult::kDone);
    whole = load_checkpoint((folder_ / "whole/checkpoint-last").string());
    resumed = load_checkpoint((folder_ / "cut/checkpoint-last").string());
    expect_equal(whole, resumed);
  }

  TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(TrainerTest, LearnsTwoClassesAndLeavesAWholeRun) {
  EXPECT_EQ(train(options("run")), TrainResult::kDone);
  for (const char* name : {"config.yaml", "history.csv", "report.html", "checkpoint-last",
                           "checkpoint-best", "model/config.json"})
    EXPECT_TRUE(fs::exists(folder_ / "run" / name)) << name;
  const Checkpoint last = load_checkpoint((folder_ / "run/checkpoint-last").string());
  EXPECT_EQ(last.history.size(), 6U);
  EXPECT_EQ(last.best, 1.0);
  EXPECT_LT(last.history.back().train_loss, last.history.front().train_loss);
}

TEST_F(TrainerTest, TheModelGivesTheSameLogitsInTheRuntime) {
  train(options("run"));
  const ModelDirectory model = load_model(folder_ / "run/model");
  TrainableModel trained(model.config, EmbeddingInit::kNormal, 0);
  trained.load(model.weights);
  const SimpleModel runtime(model.config, model.weights);
  const std::string text = "0123 abc 456";
  const std::vector<std::int32_t> ids(text.begin(), text.end());
  const Batch batch{ids, {0, static_cast<std::int64_t>(ids.size())}, {0}, {"text"}};
  const at::Tensor theirs = trained.forward(batch);
  const std::vector<float> ours = runtime.logits(ids);
  const double rms = theirs.square().mean().sqrt().item<double>();
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_NEAR(ours[i], theirs[0][static_cast<std::int64_t>(i)].item<double>(), 1e-4 * rms);
}

TEST_F(TrainerTest, TheSameSeedGivesTheSameWeightsWhateverTheLoaderThreads) {
  TrainOptions one = options("one"), many = options("many");
  one.recipe.data.workers = 1;
  many.recipe.data.workers = 4;
  train(one);
  train(many);
  const Checkpoint a = load_checkpoint((folder_ / "one/checkpoint-last").string()),
                   b = load_checkpoint((folder_ / "many/checkpoint-last").string());
  expect_equal(a, b);
}

TEST_F(TrainerTest, AResumedRunGoesOnToTheBitFromItsEpoch) {
  train(options("whole"));
  TrainOptions cut = options("cut");
  cut.recipe.scheduler.max_epochs = 6;
  // Stopped at an epoch's end: the run directory of a run of three epochs of the same schedule.
  const Checkpoint whole = load_checkpoint((folder_ / "whole/checkpoint-last").string());
  const std::size_t steps = whole.history[2].iteration;
  cut.recipe.common.max_iterations = steps;
  train(cut);
  cut.recipe.common.max_iterations = 0;
  cut.resume = true;
  train(cut);
  const Checkpoint resumed = load_checkpoint((folder_ / "cut/checkpoint-last").string());
  expect_equal(whole, resumed);
}

TEST_F(TrainerTest, TheRateGoesDownToTheEndOfAShortRunWhereItGoesByStep) {
  TrainOptions o = options("run");
  o.recipe.scheduler.warmup_iterations = 0;
  for (const std::size_t limit : {0U, 4U}) {  // of one epoch, and of less
    o.run_directory = (folder_ / std::to_string(limit)).string();
    o.recipe.scheduler.max_epochs = 1;
    o.recipe.scheduler.per_step = true;
    o.recipe.common.max_iterations = limit;
    train(o);
    std::ifstream table(o.run_directory + "/history.csv");
    const std::string text((std::istreambuf_iterator<char>(table)), {});
    // The last step's rate, a step before the end.
    EXPECT_LT(parse_history_csv(text).at(0).learning_rate, 0.5 * o.recipe.scheduler.max_lr)
        << limit;
  }
}

TEST_F(TrainerTest, SaysWhereActivationsCannotBeComputedAgain) {
  for (const std::size_t ffn : {64U, 100U}) {
    TrainOptions o = options(std::to_string(ffn));
    o.recipe.model.ffn = ffn;
    o.recipe.common.checkpoint_activations = true;
    o.recipe.common.max_iterations = 1;
    bool is_said = false;
    o.notice = [&](const std::string& text) {
      is_said |= text.find("checkpoint_activations does nothing") != text.npos;
    };
    train(o);
    EXPECT_EQ(is_said, ffn == 100) << ffn;
  }
}

TEST_F(TrainerTest, ARunStoppedWithinAnEpochGoesOnToTheBit) {
  train(options("whole"));
  TrainOptions cut = options("cut");
  // The message at the end of epoch 2 comes before the loop looks for signals after its next step.
  cut.notice = [](const std::string& text) {
    if (text.starts_with("epoch 2:")) std::raise(SIGTERM);
  };
  ASSERT_EQ(train(cut), TrainResult::kStopped);
  const Checkpoint stopped = load_checkpoint((folder_ / "cut/checkpoint-last").string());
  EXPECT_EQ(stopped.epoch, 2U);
  EXPECT_EQ(stopped.batch, 1U);
  Checkpoint whole, resumed;
  finish(cut, whole, resumed);
  ASSERT_EQ(whole.history.size(), resumed.history.size());
  EXPECT_EQ(whole.history[2].train_loss, resumed.history[2].train_loss)
      << "the loss of the steps before the stop counts";
}

TEST_F(TrainerTest, ARunCutByMaxIterationsWithinAnEpochGoesOnToTheBit) {
  train(options("whole"));
  const Checkpoint whole = load_checkpoint((folder_ / "whole/checkpoint-last").string());
  TrainOptions cut = options("cut");
  cut.recipe.common.max_iterations = whole.history[1].iteration + 2;
  train(cut);
  EXPECT_TRUE(fs::exists(folder_ / "cut/model/config.json"));
  cut.recipe.common.max_iterations = 0;
  cut.resume = true;
  train(cut);
  const Checkpoint resumed = load_checkpoint((folder_ / "cut/checkpoint-last").string());
  expect_equal(whole, resumed);
  ASSERT_EQ(whole.history.size(), resumed.history.size());
  for (std::size_t i = 0; i < whole.history.size(); ++i)
    EXPECT_EQ(whole.history[i].train_loss, resumed.history[i].train_loss) << "epoch " << i;
}

TEST_F(TrainerTest, LearnsInMixedPrecision) {
  TrainOptions mixed = options("mixed");
  mixed.recipe.common.bf16 = true;
  mixed.recipe.model.merges.assign(2, true);  // so that every kind of layer runs
  ASSERT_EQ(train(mixed), TrainResult::kDone);
  const Checkpoint last = load_checkpoint((folder_ / "mixed/checkpoint-last").string());
  EXPECT_EQ(last.best, 1.0);
  EXPECT_LT(last.history.back().train_loss, last.history.front().train_loss);
}

TEST_F(TrainerTest, LearnsOnAGpuAndGoesOnThere) {
  TrainOptions run = options("run");
  try {
    device_named(run.device = "cuda", 0);
  } catch (const UsageError& error) {
    GTEST_SKIP() << error.what();
  }
  run.recipe.common.bf16 = true;
  run.recipe.model.merges.assign(2, true);
  run.recipe.common.max_iterations = 8;  // within an epoch
  ASSERT_EQ(train(run), TrainResult::kDone);
  run.recipe.common.max_iterations = 0;
  run.resume = true;
  ASSERT_EQ(train(run), TrainResult::kDone);
  const Checkpoint last = load_checkpoint((folder_ / "run/checkpoint-last").string());
  EXPECT_EQ(last.best, 1.0);
  EXPECT_NE(last.provenance.device, name_of(at::kCPU));
  // The model is one for any machine, and so is the run.
  run.device = "cpu";
  ++run.recipe.scheduler.max_epochs;
  EXPECT_EQ(train(run), TrainResult::kDone);
}

TEST_F(TrainerTest, ACheckpointKeepsTheScaleOfGradients) {
  Checkpoint checkpoint;
  const std::string path = (folder_ / "checkpoint").string();
  save_checkpoint(path, checkpoint);
  EXPECT_FALSE(load_checkpoint(path).scaler);
  checkpoint.scaler = {4096, 17};
  save_checkpoint(path, checkpoint);
  const std::optional<GradientScaler::State> kept = load_checkpoint(path).scaler;
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->scale, 4096);
  EXPECT_EQ(kept->steps, 17U);
}

TEST_F(TrainerTest, ACheckpointThatDoesNotFitIsRefused) {
  train(options("run"));
  const std::string path = (folder_ / "run/checkpoint-last").string();
  const Checkpoint good = load_checkpoint(path);
  auto resumed = [&](const std::function<void(Checkpoint&)>& damage) {
    Checkpoint bad = good;
    damage(bad);
    save_checkpoint(path, bad);
    TrainOptions again = options("run");
    again.resume = true;
    return train(again);
  };
  const Tensor one = Tensor::from_floats({1}, std::vector<float>{1});  // it would broadcast
  EXPECT_THROW(resumed([&](Checkpoint& c) { c.ema["classifier.bias"] = one; }), ModelError);
  EXPECT_THROW(resumed([&](Checkpoint& c) { c.weights["classifier.bias"] = one; }), ModelError);
  EXPECT_THROW(resumed([&](Checkpoint& c) { c.adamw["exp_avg/classifier.bias"] = one; }),
               ModelError);
  EXPECT_THROW(resumed([&](Checkpoint& c) {
                 c.adamw["step/classifier.bias"] = Tensor::from_floats({0}, {});
               }),
               ModelError);
  EXPECT_THROW(resumed([&](Checkpoint& c) { c.adamw.erase("step/classifier.bias"); }), ModelError);
  EXPECT_EQ(resumed([](Checkpoint&) {}), TrainResult::kDone);
}

TEST_F(TrainerTest, WhatMayChangeTheLastBitsOfAResumedRunIsSaid) {
  TrainOptions run = options("run");
  run.recipe.common.max_iterations = 1;
  train(run);
  const std::string path = (folder_ / "run/checkpoint-last").string();
  Checkpoint saved = load_checkpoint(path);
  EXPECT_FALSE(saved.provenance.build.empty());
  std::string said;
  run.resume = true;
  run.notice = [&](const std::string& text) { said += text + "\n"; };
  train(run);
  EXPECT_EQ(said.find("bit"), std::string::npos) << said;
  saved.provenance = {"a ZX81", "0123", 7, 5, "a GPU of 1999"};
  saved.data = "another list";
  save_checkpoint(path, saved);
  train(run);
  for (const char* word :
       {"a ZX81", "build 0123", "7 threads", "5 processes", "a GPU of 1999", "list of training"})
    EXPECT_NE(said.find(word), std::string::npos) << word << " in " << said;
}

TEST_F(TrainerTest, AResumeBehindTheEndOfFewerFilesGoesOnInTheNextEpoch) {
  TrainOptions run = options("run");
  run.recipe.data.validation = run.recipe.data.train;
  run.recipe.common.max_iterations = 5;  // of 6 batches
  EXPECT_EQ(train(run), TrainResult::kDone);
  run.recipe.data.validation = "";  // which takes a quarter of the files, and leaves 4
  run.recipe.common.max_iterations = 0;
  run.resume = true;
  EXPECT_EQ(train(run), TrainResult::kDone);
  EXPECT_EQ(load_checkpoint((folder_ / "run/checkpoint-last").string()).epoch, 6U);
}

TEST_F(TrainerTest, DataOfWhichNoFileCanBeReadIsRefusedNotLearnedFrom) {
  const auto said = [](const TrainOptions& o) -> std::string {
    try {
      train(o);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  temporary_.write("nothing/letters/1", "");
  temporary_.write("nothing/digits/2", "");
  TrainOptions run = options("run");
  run.recipe.data.validation = (folder_ / "nothing").string();
  EXPECT_NE(said(run).find("none of the 2 files to validate"), std::string::npos) << said(run);
  run.recipe.data.validation = "";
  run.resume = true;
  EXPECT_EQ(train(run), TrainResult::kDone) << "what was learned is not lost";

  TrainOptions other = options("other");
  other.recipe.data.train = (folder_ / "nothing").string();
  other.recipe.data.validation_share = 0;
  EXPECT_NE(said(other).find("none of the 2 files to train on"), std::string::npos) << said(other);
  EXPECT_FALSE(fs::exists(folder_ / "other/model"));

  TrainOptions ended = other;
  ended.run_directory = (folder_ / "ended").string();
  bool has_raised = false;  // a second signal would end this program
  ended.notice = [&](const std::string& text) {
    if (has_raised || text.find("nothing/") == std::string::npos) return;
    has_raised = true;
    std::raise(SIGTERM);
  };
  EXPECT_EQ(train(ended), TrainResult::kStopped);
}

TEST_F(TrainerTest, ADamagedCheckpointIsRefusedOrReadWithoutAFault) {
  TrainOptions run = options("run");
  run.recipe.common.max_iterations = 1;
  train(run);
  std::ifstream in(folder_ / "run/checkpoint-last", std::ios::binary);
  std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto is_read = [](const std::string& bytes) {
    try {
      return !parse_checkpoint(bytes, "checkpoint-last").weights.empty();
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("checkpoint-last"), std::string::npos)
          << error.what();
      return false;
    }
  };
  ASSERT_TRUE(is_read(whole));
  for (std::size_t length = 0; length < whole.size(); length += 1024)
    EXPECT_FALSE(is_read(whole.substr(0, length))) << length;
  Random random(1);
  std::size_t read = 0;
  constexpr std::size_t kFlips = 1000, kHeader = 8000;  // which holds all but the tensors
  ASSERT_GT(whole.size(), kHeader);
  for (std::size_t n = 0; n < kFlips; ++n) {
    char& byte = whole[static_cast<std::size_t>(random.below(kHeader))];
    const char before = byte;
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
    read += is_read(whole) ? 1 : 0;
    byte = before;
  }
  EXPECT_GT(read, 0U);
  EXPECT_LT(read, kFlips);
}

TEST_F(TrainerTest, AResumeWithoutACheckpointBegins) {
  TrainOptions run = options("run");
  run.resume = true;
  run.recipe.common.max_iterations = 1;
  EXPECT_EQ(train(run), TrainResult::kDone);
}

TEST_F(TrainerTest, ASignalDuringAnEvaluationEndsItAndTheResumeRepeatsIt) {
  temporary_.write("validation/digits/empty", "");
  for (int i = 0; i < 24; ++i)
    temporary_.write("validation/letters/" + std::to_string(i), "abcdefghi");
  auto validated = [&](const std::string& run) {
    TrainOptions o = options(run);
    o.recipe.data.validation = (folder_ / "validation").string();
    o.recipe.scheduler.max_epochs = 2;
    return o;
  };
  train(validated("whole"));
  TrainOptions cut = validated("cut");
  // The evaluation comes to the empty file before it has its first batch.
  cut.notice = [](const std::string& text) {
    if (text.find("validation/digits/empty") != std::string::npos) std::raise(SIGTERM);
  };
  ASSERT_EQ(train(cut), TrainResult::kStopped);
  const Checkpoint stopped = load_checkpoint((folder_ / "cut/checkpoint-last").string());
  EXPECT_EQ(stopped.epoch, 0U);
  EXPECT_EQ(stopped.batch, 6U) << "all of the epoch's";
  EXPECT_TRUE(stopped.history.empty());
  Checkpoint whole, resumed;
  finish(cut, whole, resumed);
  ASSERT_EQ(resumed.history.size(), 2U);
  EXPECT_EQ(whole.history[0].val_loss, resumed.history[0].val_loss);
}

TEST_F(TrainerTest, ARunThatIsThereIsNotOverwrittenWithoutResume) {
  train(options("run"));
  EXPECT_THROW(train(options("run")), UsageError);
}

TEST_F(TrainerTest, ALossThatIsNotFiniteStopsWithTheStepAndTheFiles) {
  TrainOptions wild = options("wild");
  wild.recipe.scheduler.warmup_iterations = 0;
  wild.recipe.scheduler.max_lr = 1e30;
  wild.recipe.scheduler.round_rate = false;
  try {
    train(wild);
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("step"), std::string::npos) << text;
    EXPECT_NE(text.find("digits/"), std::string::npos) << text;
    EXPECT_NE(text.find("max_lr"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace byteformer
