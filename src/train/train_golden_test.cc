// The trainer's numbers against the reference's: logits, gradients, and two whole training runs.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/golden.h"
#include "train/loss.h"
#include "train/modules.h"
#include "train/optimizer.h"

namespace byteformer {
namespace {

using nlohmann::json;

Batch batch_of(const json& inputs, std::size_t kernel_size) {
  Batch batch{{}, {0}, {}, {}};
  for (const auto& input : inputs) {
    const std::vector<std::uint8_t> bytes = golden::input_bytes(input);
    batch.ids.insert(batch.ids.end(), bytes.begin(), bytes.end());
    if (bytes.size() < kernel_size)
      batch.ids.resize(batch.ids.size() + kernel_size - bytes.size(), -1);
    batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
    batch.names.push_back(input.value("key", "file"));
  }
  return batch;
}

TrainableModel model_of(const json& config, Masking masking, at::ScalarType dtype) {
  const ModelConfig c = golden::config_of(config, masking);
  TrainableModel model(c, EmbeddingInit::kNormal, 0, dtype);
  model.load(golden::formula_weights(c));
  return model;
}

double worst_difference(const at::Tensor& mine, const Tensor& expected) {
  return (mine.detach().to(at::kDouble).flatten() - from_tensor(expected, at::kDouble).flatten())
      .abs()
      .max()
      .item<double>();
}

class TrainableForward : public testing::TestWithParam<std::tuple<std::string, Masking>> {};

TEST_P(TrainableForward, GivesTheRecordedLogitsInFloat64) {
  const auto& [kind, masking] = GetParam();
  const json cases = golden::load_json(kind + "/cases.json")["cases"];
  const TensorMap tensors = golden::load_tensors(kind + "/cases.safetensors");
  std::size_t held = 0;
  for (const json& c : cases) {
    const std::string name = c["name"];
    if (c["config"]["d"].get<int>() > 64 || name.find("ln_channel_first") != std::string::npos ||
        c["batch"][1].get<int>() > 3000)
      continue;  // a matter of time only
    const ModelConfig config = golden::config_of(c["config"], masking);
    TrainableModel model(config, EmbeddingInit::kNormal, 0, at::kDouble);
    model.load(golden::weights_of(c, config));
    Batch batch{{}, {0}, {}, {}};
    for (const auto& ids : golden::ids_of_case(c)) {
      batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
      if (ids.size() < config.kernel_size)
        batch.ids.resize(batch.ids.size() + config.kernel_size - ids.size(), -1);
      batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
    }
    const at::NoGradGuard no_grad;
    const Tensor& expected = tensors.at(name + "/logits64");
    EXPECT_LE(worst_difference(model.forward(batch), expected),
              1e-9 * golden::rms(expected.to_doubles()))
        << name;
    ++held;
  }
  EXPECT_GT(held, 20U);
}

INSTANTIATE_TEST_SUITE_P(Golden, TrainableForward,
                         testing::Values(std::tuple("model", Masking::kReference),
                                         std::tuple("strict", Masking::kStrict)),
                         [](const auto& one) { return std::get<0>(one.param); });

// Gradients of one batch, under the case's own masking (padded as the reference) or strict
// (ragged).
void expect_gradients(const json& c, bool strict, at::ScalarType dtype, double loss_bound,
                      double bound) {
  const TrainableModel model =
      model_of(c["config"], strict ? Masking::kStrict : Masking::kReference, dtype);
  const Batch ragged = batch_of(c["inputs"], model.config().kernel_size);
  const json& facts = strict ? c["strict"] : c;
  const at::Tensor loss =
      cross_entropy(model.forward(strict ? ragged : padded(ragged)),
                    c["targets"].get<std::vector<std::int64_t>>(), c["label_smoothing"]);
  EXPECT_NEAR(loss.item<double>(), facts["loss"].get<double>(), loss_bound);
  loss.backward();
  const TensorMap stored =
      golden::load_tensors("backward/" + c["name"].get<std::string>() + ".safetensors");
  std::size_t held = 0;
  for (const auto& [name, tensor] : model.tensors()) {
    const json& g = facts["gradients"][name];
    const at::Tensor gradient = tensor.grad();
    ASSERT_TRUE(gradient.defined()) << name;
    EXPECT_NEAR(gradient.norm().item<double>(), g["l2"].get<double>(),
                bound * 10 * g["l2"].get<double>() + 1e-6)
        << name;
    const auto full = stored.find((strict ? "strict.grad." : "grad.") + name);
    if (full == stored.end()) continue;
    ++held;
    EXPECT_LE(worst_difference(gradient, full->second), bound * g["max"].get<double>() + 1e-12)
        << name;
  }
  if (!strict) {
    EXPECT_GE(held, 7U);
  }
  EXPECT_EQ(model.tensors().at("embeddings.weight").grad()[256].abs().max().item<double>(), 0)
      << "the padding row has no gradient";
}

const json& backward_cases() {
  static const json cases = golden::load_json("backward/cases.json")["cases"];
  return cases;
}

TEST(Gradients, AreTheReferencesInFloat64) {
  for (const json& c : backward_cases()) expect_gradients(c, false, at::kDouble, 1e-9, 2e-7);
}

TEST(Gradients, AreTheReferencesInFloat32WithinItsBound) {
  for (const json& c : backward_cases()) expect_gradients(c, false, at::kFloat, 1e-4, 2.6e-5);
}

TEST(Gradients, OfRaggedBatchesUnderStrictMaskingAreTheOracles) {
  for (const json& c : backward_cases()) {
    if (!c.contains("strict")) continue;
    expect_gradients(c, true, at::kDouble, 1e-9, 2e-7);
    expect_gradients(c, true, at::kFloat, 1e-4, 2.6e-5);
  }
}

Recipe recipe_of(const json& options) {
  Recipe r;
  r.scheduler.max_epochs = options["scheduler.max_epochs"];
  r.scheduler.warmup_iterations = options["scheduler.warmup_iterations"];
  r.scheduler.warmup_init_lr = options["scheduler.warmup_init_lr"];
  r.scheduler.max_lr = options["scheduler.cosine.max_lr"];
  r.scheduler.min_lr = options["scheduler.cosine.min_lr"];
  r.optim.weight_decay = options["optim.weight_decay"];
  r.ema.momentum = options["ema.momentum"];
  return r;
}

at::Tensor loss_of(const at::Tensor& logits, const json& m) {
  if (!m.contains("second_targets"))
    return cross_entropy(logits, m["targets"].get<std::vector<std::int64_t>>(), 0.1);
  at::Tensor mixed = at::zeros_like(logits).detach();
  for (std::size_t f = 0; f < m["targets"].size(); ++f) {
    const double c = m["coefficient"][f];
    const auto row = static_cast<std::int64_t>(f);
    mixed[row][m["targets"][f].get<std::int64_t>()] += c;
    mixed[row][m["second_targets"][f].get<std::int64_t>()] += 1 - c;
  }
  return cross_entropy(logits, mixed, 0.1);
}

void expect_trajectory(const std::string& which, at::ScalarType dtype, double loss_bound,
                       double weight_bound) {
  const json t = golden::load_json("training/trajectories.json")["trajectories"][which];
  const Recipe recipe = recipe_of(t["options"]);
  const TrainableModel model = model_of(t["config"], Masking::kReference, dtype);
  AdamW optimizer(model, recipe.optim);
  Ema ema(model, recipe.ema.momentum);
  std::size_t epoch = 0;
  for (const json& m : t["micro_batches"]) {
    if (m["epoch"] != epoch) optimizer.clear_gradients();  // those of a left-over batch are dropped
    epoch = m["epoch"];
    const double rate = learning_rate(recipe.scheduler, epoch, m["iteration"]);
    EXPECT_EQ(rate, m["lr"].get<double>());
    optimizer.set_learning_rate(rate);
    const at::Tensor loss =
        loss_of(model.forward(padded(batch_of(m["inputs"], model.config().kernel_size))), m);
    EXPECT_NEAR(loss.item<double>(), m["loss"].get<double>(), loss_bound);
    loss.backward();  // micro batches add up; the loss is not divided
    if (!m["step"].get<bool>()) continue;
    const double norm = optimizer.step(0);
    EXPECT_NEAR(norm, m["gradient_norm"].get<double>(), std::max(loss_bound, 1e-6) * norm);
    ema.update(model);
  }
  const TensorMap stored = golden::load_tensors("training/trajectories.safetensors"),
                  averages = ema.weights();
  std::size_t held = 0;
  for (const auto& [name, tensor] : model.tensors()) {
    if (const auto found = stored.find(which + "/raw/" + name); found != stored.end()) {
      EXPECT_LE(worst_difference(tensor, found->second), weight_bound) << name;
      ++held;
    }
    if (const auto found = stored.find(which + "/ema/" + name); found != stored.end()) {
      EXPECT_LE(worst_difference(from_tensor(averages.at(name), at::kDouble), found->second),
                weight_bound)
          << "average of " << name;
      ++held;
    }
    if (!name.ends_with("qkv_proj.bias")) {  // its key part is rounding noise that AdamW blows up
      EXPECT_NEAR(golden::rms(to_tensor(tensor).to_doubles()),
                  t["final"][name]["rms"].get<double>(), weight_bound)
          << name;
    }
  }
  EXPECT_GE(held, 16U);
}

TEST(TrainingRun, WithClassTargetsIsTheReferencesInFloat64) {
  expect_trajectory("a", at::kDouble, 1e-6, 1e-6);
}
TEST(TrainingRun, WithMixedTargetsIsTheReferencesInFloat64) {
  expect_trajectory("b", at::kDouble, 1e-6, 1e-6);
}
TEST(TrainingRun, WithClassTargetsIsTheReferencesInFloat32WithinItsBounds) {
  expect_trajectory("a", at::kFloat, 6e-4, 2e-5);
}
TEST(TrainingRun, WithMixedTargetsIsTheReferencesInFloat32WithinItsBounds) {
  expect_trajectory("b", at::kFloat, 6e-4, 2e-5);
}

}  // namespace
}  // namespace byteformer
