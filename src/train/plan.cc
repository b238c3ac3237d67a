#include "train/plan.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/random.h"
#include "byteformer/error.h"
#include "kernels/gradients.h"
#include "model/geometry.h"
#include "train/autocast.h"
#include "train/device.h"
#include "train/loss.h"
#include "train/modules.h"
#include "train/optimizer.h"

namespace byteformer {
namespace {

constexpr std::size_t kMostTokens = 2048;
constexpr std::size_t kAimedTokens =
    400;                               // of a long file: what models of this size learn well from
constexpr double kMostEpochs = 120;    // each ends with an evaluation and a checkpoint
constexpr double kShareOfTime = 0.85;  // the rest is for evaluation and for a busy machine

struct Size {
  std::size_t width, layers;
};
constexpr Size kSizes[] = {{192, 12}, {128, 8}, {128, 6}, {64, 6}, {64, 4}};  // large to small

// The length below which so large a share of the files lies.
std::size_t length_at(const std::vector<std::uint64_t>& sorted, double share) {
  return static_cast<std::size_t>(
      sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))]);
}

// Of what is read of them.
std::size_t mean_length(const std::vector<std::uint64_t>& bytes, std::size_t most) {
  double sum = 0;
  for (const std::uint64_t b : bytes) sum += static_cast<double>(std::min<std::uint64_t>(b, most));
  return static_cast<std::size_t>(sum / static_cast<double>(bytes.size()));
}

// So that a long file has about kAimedTokens.
std::size_t kernel_for(std::size_t bytes) {
  for (const std::size_t k : {8U, 16U, 24U, 32U, 48U})
    if (2 * bytes / k <= kAimedTokens * 5 / 4) return k;
  return 64;
}

ModelConfig model_of(Size size, std::size_t kernel, std::size_t tokens) {
  ModelConfig model;
  model.width = size.width;
  model.layers = size.layers;
  model.heads = size.width / ModelConfig::kHeadSize;
  model.ffn = 4 * size.width;
  model.kernel_size = kernel;
  model.windows.assign(size.layers, 64);
  model.shifts.assign(size.layers, 0);
  for (std::size_t i = 1; i < size.layers; i += 2) model.shifts[i] = 32;
  model.merges.assign(size.layers, false);
  for (std::size_t i = 0; i < 3 && (tokens >> i) > 128; ++i) model.merges[i] = true;
  model.max_tokens = tokens;
  model.positions = Positions::kSinusoidal;
  model.masking = Masking::kStrict;
  return model;
}

// Epochs below which a larger model would be cut short: small folders need more of them.
std::size_t enough_epochs(std::size_t files) {
  return files >= 20000 ? 10 : files >= 5000 ? 25 : 60;
}

}  // namespace

Plan plan_for(const FolderFacts& facts, double minutes, bool has_bf16,
              const StepSeconds& step_seconds) {
  if (facts.classes < 2)
    throw UsageError(
        fmt::format("{} class(es), but a classifier needs two at least. Give a folder "
                    "with one folder a class.",
                    facts.classes));
  Plan plan;
  Recipe& recipe = plan.recipe;
  auto because = [&](const std::string& line) { plan.reasons.push_back(line); };

  const std::size_t longest = length_at(facts.bytes, 1), usual = length_at(facts.bytes, 0.9),
                    kernel = kernel_for(usual),
                    whole = tokens_for(std::max(longest, kernel), kernel),
                    tokens = std::min(whole, kMostTokens);
  because(fmt::format("kernel {}: a file of {} bytes (nine of ten are no longer) makes {} tokens",
                      kernel, usual, tokens_for(std::max(usual, kernel), kernel)));
  if (tokens < whole)
    because(fmt::format("longer files are cut at {} bytes ({} tokens); the longest has {}",
                        max_bytes_for(tokens, kernel), tokens, longest));

  recipe.data.batch = facts.files < 5000 ? 16 : 32;
  recipe.data.validation_share = std::clamp(2000.0 / static_cast<double>(facts.files), 0.02, 0.1);
  recipe.common.bf16 = has_bf16;
  recipe.loss.label_smoothing = 0.1;
  recipe.optim.max_gradient_norm = 1;
  recipe.ema.momentum = 0.002;
  if (facts.wav_rate) {
    recipe.data.input =
        fmt::format(R"({{"encoding": "wav_int16", "sample_rate": {}}})", *facts.wav_rate);
    recipe.augmentation.wav = {0.1, 0.05, 6, 0.05};
    because("WAV files of 16-bit samples: varied a little in speed, offset, gain and noise");
  }

  const double trained = static_cast<double>(facts.files) * (1 - recipe.data.validation_share),
               steps_an_epoch = std::max(1.0, trained / static_cast<double>(recipe.data.batch)),
               seconds = minutes * 60 * kShareOfTime;
  // A step's time goes by the bytes of its files, so an epoch's by their mean.
  const std::size_t mean = mean_length(facts.bytes, max_bytes_for(tokens, kernel)),
                    wanted = enough_epochs(facts.files);
  double epochs = 0, step = 0;
  Size size{};
  for (const Size candidate : kSizes) {
    size = candidate;
    recipe.model = model_of(candidate, kernel, tokens);
    recipe.model.classes = facts.classes;
    step = step_seconds(recipe, mean);
    epochs = seconds / (step * steps_an_epoch);
    if (epochs >= static_cast<double>(wanted)) break;
  }
  recipe.model.classes = 0;  // as many as the data has
  because(fmt::format(
      "width {}, {} layers: the largest of {} models that sees each file {} times in {:g} minutes "
      "(a step of {} files takes {:.0f} ms here{})",
      size.width, size.layers, std::size(kSizes), wanted, minutes, recipe.data.batch, step * 1000,
      epochs < static_cast<double>(wanted) ? "; not even the smallest does" : ""));
  const auto whole_epochs =
      static_cast<std::size_t>(std::clamp(std::floor(epochs), 1.0, kMostEpochs));
  recipe.scheduler.max_epochs = whole_epochs;
  recipe.scheduler.per_step = true;  // epochs may be few, or only a part of one
  if (epochs < 1)
    recipe.common.max_iterations =
        static_cast<std::size_t>(std::max(1.0, std::floor(epochs * steps_an_epoch)));
  const double steps = std::min(epochs, static_cast<double>(whole_epochs)) * steps_an_epoch;
  recipe.scheduler.warmup_iterations =
      static_cast<std::size_t>(std::clamp(std::floor(steps / 10), 1.0, 500.0));
  recipe.scheduler.max_lr = size.width > 128 ? 5e-4 : 1e-3;
  because(fmt::format("{} epochs of {:.0f} steps, learning rate {:g} after {} of them, batch {}",
                      whole_epochs, steps_an_epoch, recipe.scheduler.max_lr,
                      recipe.scheduler.warmup_iterations, recipe.data.batch));
  return plan;
}

bool trains_in_bf16(const std::string& device) {
  return device != "cpu" ||
         kernels::gradients_of(kernels::chosen_set(), kernels::Precision::kBf16) != nullptr;
}

double measured_step_seconds(const Recipe& recipe, std::size_t bytes, unsigned threads,
                             const std::string& device) {
  using Clock = std::chrono::steady_clock;
  at::set_num_threads(static_cast<int>(threads));
  const TrainableModel model(recipe.model, recipe.embedding_init, 1,
                             at::device(device_named(device, 0)).dtype(at::kFloat));
  AdamW optimizer(model, recipe.optim);
  const std::size_t length = std::max({bytes, recipe.model.kernel_size, std::size_t{1}});
  Batch batch{{}, {0}, {}, {}};
  Random random(1);
  for (std::size_t f = 0; f < recipe.data.batch; ++f) {
    for (std::size_t i = 0; i < length; ++i)
      batch.ids.push_back(static_cast<std::int32_t>(random.below(256)));
    batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
    batch.targets.push_back(static_cast<std::int64_t>(f % recipe.model.classes));
  }
  double least = 0;
  for (int turn = 0; turn < 3; ++turn) {  // the first one takes memory and wakes threads
    const Clock::time_point begin = Clock::now();
    at::Tensor loss;
    {
      const Autocast autocast(recipe.common.bf16, model.device());
      loss = cross_entropy(model.forward(batch), batch.targets, recipe.loss.label_smoothing);
    }
    loss.backward();
    optimizer.step(recipe.optim.max_gradient_norm);  // the norm waits for a GPU's gradients
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    least = turn == 0 ? seconds : std::min(least, seconds);
  }
  return least;
}

}  // namespace byteformer
