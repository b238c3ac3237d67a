#include "train/trainer.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/processors.h"
#include "base/random.h"
#include "byteformer/error.h"
#include "data/loader.h"
#include "data/recipe_data.h"
#include "files/name.h"
#include "model/geometry.h"
#include "model/model_directory.h"
#include "model/parameters.h"
#include "report/html_report.h"
#include "report/metrics.h"
#include "report/progress.h"
#include "train/autocast.h"
#include "train/checkpoint.h"
#include "train/loss.h"
#include "train/modules.h"
#include "train/optimizer.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kCheckpointSeconds = 300;  // between checkpoints within an epoch

volatile std::sig_atomic_t stop_requested = 0;

// While it lives, SIGINT and SIGTERM ask the loop to stop after its step; a second one ends the
// program at once.
class StopSignals {
 public:
  StopSignals() {
    stop_requested = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { stop_requested = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    ::sigaction(SIGINT, &action, &before_int_);
    ::sigaction(SIGTERM, &action, &before_term_);
  }
  ~StopSignals() {
    ::sigaction(SIGINT, &before_int_, nullptr);
    ::sigaction(SIGTERM, &before_term_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  struct sigaction before_int_ {
  }, before_term_{};
};

class Run {
 public:
  explicit Run(const TrainOptions& options)
      : options_(options),
        recipe_(options.recipe),
        input_(options.recipe),
        folder_(options.run_directory),
        threads_(options.threads == 0 ? usable_processors() : options.threads) {
    at::set_num_threads(static_cast<int>(threads_));
    read_data();
    model_.emplace(recipe_.model, recipe_.embedding_init, recipe_.common.seed);
    optimizer_.emplace(*model_, recipe_.optim);
    if (recipe_.ema.enable) {
      ema_.emplace(*model_, recipe_.ema.momentum);
      averaged_.emplace(recipe_.model, recipe_.embedding_init, recipe_.common.seed);
    }
    begin_or_resume();
    LoaderOptions loading{recipe_.data.batch, recipe_.model.kernel_size,
                          static_cast<unsigned>(recipe_.data.workers), recipe_.common.seed};
    loading.drop_last = train_->size() >= recipe_.data.batch;
    loader_.emplace(*train_, loading, options_.notice);
    loading.shuffle = loading.drop_last = false;
    validation_loader_.emplace(*validation_, loading, options_.notice);
  }

  TrainResult run() {
    const StopSignals signals;
    while (state_.epoch < recipe_.scheduler.max_epochs && !out_of_iterations()) {
      const Clock::time_point started = Clock::now();
      const double waited = loader_->seconds_waited();
      if (!train_epoch()) {
        save_last();
        return TrainResult::kStopped;
      }
      finish_epoch(std::chrono::duration<double>(Clock::now() - started).count(),
                   loader_->seconds_waited() - waited);
    }
    return TrainResult::kDone;
  }

 private:
  void read_data() {
    if (!recipe_.pretrained.empty())
      throw UsageError(
          fmt::format("model.classification.pretrained is \"{}\", but a training begins with "
                      "weights of its own. Remove it; `byteformer eval` reads it.",
                      recipe_.pretrained));
    TrainingData data = open_training_data(
        recipe_, input_, max_bytes_for(recipe_.model.max_tokens, recipe_.model.kernel_size),
        options_.notice);
    state_.classes = std::move(data.classes);
    train_ = std::move(data.train);
    validation_ = std::move(data.validation);
    if (recipe_.model.classes != 0 && recipe_.model.classes != state_.classes.size())
      throw ConfigError(
          fmt::format("{}: {} classes, but the recipe's model.classification.n_classes is {}. Set "
                      "it to 0 to take those of the data.",
                      recipe_.data.train, state_.classes.size(), recipe_.model.classes));
    recipe_.model.classes = state_.classes.size();
    state_.data = fmt::format("{:016x}", train_->hash());
    options_.notice(fmt::format("{} classes, {} files to train on, {} to validate",
                                state_.classes.size(), train_->size(), validation_->size()));
  }

  void begin_or_resume() {
    const std::string last = folder_ / "checkpoint-last";
    state_.recipe = to_yaml(recipe_);
    state_.threads = threads_;
    if (!options_.resume) {
      if (fs::exists(last))
        throw UsageError(
            folder_.string() +
            ": holds a run already. Add --resume to go on with it, or give another --output.");
      std::error_code error;
      fs::create_directories(folder_, error);
      if (error)
        throw IoError(fmt::format("{}: cannot be made: {}. Choose a folder that may be written.",
                                  folder_.string(), error.message()));
      write_file_atomically(folder_ / "config.yaml", state_.recipe);
      return;
    }
    const Checkpoint saved = load_checkpoint(last);
    if (saved.classes != state_.classes)
      throw UsageError(
          fmt::format("{}: was trained on {} classes with other names than the {} of the data. "
                      "Give the data that it began with.",
                      last, saved.classes.size(), state_.classes.size()));
    if (saved.data != state_.data)
      options_.notice(
          "the list of training files changed since the run began: the result will not repeat to "
          "the bit");
    if (saved.threads != threads_)
      options_.notice(
          fmt::format("the run began with {} threads and goes on with {}: the result will not "
                      "repeat to the bit",
                      saved.threads, threads_));
    if (saved.recipe != state_.recipe) options_.notice("the recipe changed since the run began");
    model_->load(saved.weights);
    optimizer_->load(saved.adamw);
    if (ema_) {
      const TensorMap& average = saved.ema.empty() ? saved.weights : saved.ema;
      check_tensors(recipe_.model,
                    average);  // a shape that only broadcasts would be copied in silence
      ema_->load(average);
    }
    const std::string recipe = state_.recipe;
    state_ = saved;
    state_.weights = state_.ema = state_.adamw = {};
    state_.recipe = recipe;
    state_.threads = threads_;
    options_.notice(fmt::format("goes on at epoch {}, batch {}, step {}", state_.epoch + 1,
                                state_.batch, state_.iteration));
  }

  bool out_of_iterations() const {
    return recipe_.common.max_iterations > 0 && state_.iteration >= recipe_.common.max_iterations;
  }

  // False if a signal asked to stop; state_ then says where to go on.
  bool train_epoch() {
    const std::size_t accumulation = recipe_.common.accumulation;
    loader_->start(state_.epoch, state_.batch);
    Progress progress(fmt::format("epoch {}/{}", state_.epoch + 1, recipe_.scheduler.max_epochs),
                      loader_->batches());
    const Clock::time_point started = Clock::now();
    Clock::time_point saved = started;
    const double waited = loader_->seconds_waited();
    seen_ = right_ = 0;
    cut_short_ = false;
    std::size_t pending = 0;
    double pending_loss = 0;
    std::size_t pending_files = 0, given = state_.batch;
    while (std::optional<Batch> batch = loader_->next()) {
      ++given;
      rate_ = learning_rate(recipe_.scheduler, state_.epoch, state_.iteration);
      optimizer_->set_learning_rate(rate_);
      pending_loss += backward(*batch) * static_cast<double>(batch->targets.size());
      pending_files += batch->targets.size();
      if (++pending < accumulation) continue;
      if (recipe_.common.mean_accumulation && accumulation > 1)
        optimizer_->scale_gradients(1.0 / static_cast<double>(accumulation));
      optimizer_->step(recipe_.optim.max_gradient_norm);
      if (ema_) ema_->update(*model_);
      ++state_.iteration;
      state_.batch = given;
      state_.epoch_loss += pending_loss;
      state_.epoch_files += pending_files;
      pending = pending_files = 0;
      pending_loss = 0;
      const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
      progress.show(
          given, fmt::format("loss {:.4f}, accuracy {:.1f} %, lr {:.2e}, waiting {:.0f} %",
                             state_.epoch_loss / static_cast<double>(state_.epoch_files),
                             100 * static_cast<double>(right_) / static_cast<double>(seen_), rate_,
                             100 * (loader_->seconds_waited() - waited) / std::max(seconds, 1e-9)));
      if (stop_requested != 0) return false;
      if (out_of_iterations()) {
        cut_short_ = given < loader_->batches();
        break;
      }
      if (std::chrono::duration<double>(Clock::now() - saved).count() > kCheckpointSeconds) {
        save_last();
        saved = Clock::now();
      }
    }
    // Gradients of left-over micro batches are dropped, as in the reference; their loss counts.
    optimizer_->clear_gradients();
    state_.epoch_loss += pending_loss;
    state_.epoch_files += pending_files;
    return true;
  }

  // The loss of one micro batch, its gradients added to the parameters'; counts what was right.
  double backward(const Batch& batch) {
    at::Tensor logits, loss;
    {
      const Autocast autocast(recipe_.common.bf16);
      logits = model_->forward(recipe_.data.padded_batches ? padded(batch) : batch);
      loss = batch.mixed.empty()
                 ? cross_entropy(logits, batch.targets, recipe_.loss.label_smoothing)
                 : cross_entropy(logits, batch.mixed, recipe_.loss.label_smoothing);
    }
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      std::string names;
      for (std::size_t i = 0; i < batch.names.size() && i < 8; ++i)
        names += (i > 0 ? ", " : "") + printable(batch.names[i]);
      if (batch.names.size() > 8) names += fmt::format(" and {} more", batch.names.size() - 8);
      throw Error(
          fmt::format("the loss is {} at step {} (epoch {}, learning rate {:.3g}). Its files: {}. "
                      "Try a lower scheduler.cosine.max_lr, a longer "
                      "scheduler.warmup_iterations, or optim.max_gradient_norm=1; checkpoint-last "
                      "holds the state before.",
                      value, state_.iteration, state_.epoch + 1, rate_, names));
    }
    loss.backward();
    const at::Tensor answers = logits.detach().argmax(1);
    for (std::size_t i = 0; i < batch.targets.size(); ++i)
      right_ += answers.const_data_ptr<std::int64_t>()[i] == batch.targets[i] ? 1 : 0;
    seen_ += batch.targets.size();
    return value;
  }

  Metrics evaluate(const TrainableModel& model) {
    const at::NoGradGuard no_grad;
    Metrics metrics(state_.classes.size());
    validation_loader_->start(0);
    while (const std::optional<Batch> batch = validation_loader_->next()) {
      const Autocast autocast(recipe_.common.bf16);
      const at::Tensor logits = model.forward(*batch).to(at::kFloat).contiguous();
      const auto* values = logits.const_data_ptr<float>();
      for (std::size_t i = 0; i < batch->targets.size(); ++i)
        metrics.add({values + i * state_.classes.size(), state_.classes.size()},
                    static_cast<std::size_t>(batch->targets[i]));
    }
    return metrics;
  }

  void finish_epoch(double seconds, double waited) {
    Metrics metrics = evaluate(*model_);
    EpochRow row;
    row.epoch = state_.epoch;
    row.iteration = state_.iteration;
    row.learning_rate = rate_;
    row.train_loss =
        state_.epoch_files == 0 ? 0 : state_.epoch_loss / static_cast<double>(state_.epoch_files);
    row.val_loss = metrics.loss();
    row.val_top1 = metrics.top1();
    row.val_top5 = metrics.top5();
    row.seconds = seconds;
    row.files_per_second = static_cast<double>(seen_) / std::max(seconds, 1e-9);
    row.waiting_share = waited / std::max(seconds, 1e-9);
    TensorMap best_weights = model_->weights();
    if (ema_) {
      averaged_->load(ema_->weights());
      const Metrics ema_metrics = evaluate(*averaged_);
      row.ema_val_loss = ema_metrics.loss();
      row.ema_val_top1 = ema_metrics.top1();
      if (ema_metrics.top1() > metrics.top1()) {
        best_weights = averaged_->weights();
        metrics = ema_metrics;
      }
    }
    const Checkpoint begun = state_;
    state_.history.push_back(row);
    ++state_.epoch;
    state_.batch = state_.epoch_files = 0;
    state_.epoch_loss = 0;
    const std::string average =
        ema_ ? fmt::format(" (average {:.2f} %)", 100 * row.ema_val_top1) : "";
    options_.notice(fmt::format("epoch {}: loss {:.4f}, validation {:.2f} %{}, {:.0f} files/s",
                                state_.epoch, row.train_loss, 100 * row.val_top1, average,
                                row.files_per_second));
    const bool is_best = metrics.top1() > state_.best || (validation_->size() == 0);
    if (is_best) state_.best = metrics.top1();
    Checkpoint checkpoint = with_tensors();
    if (cut_short_) {  // a resume with more iterations goes on within this epoch
      checkpoint.epoch = begun.epoch;
      checkpoint.batch = begun.batch;
      checkpoint.epoch_files = begun.epoch_files;
      checkpoint.epoch_loss = begun.epoch_loss;
      checkpoint.history = begun.history;
    }
    save_checkpoint(folder_ / "checkpoint-last", checkpoint);
    if (is_best) {
      save_checkpoint(folder_ / "checkpoint-best", checkpoint);
      write_model(best_weights);
    }
    write_report(metrics);
  }

  Checkpoint with_tensors() const {
    Checkpoint c = state_;
    c.weights = model_->weights();
    if (ema_) c.ema = ema_->weights();
    c.adamw = optimizer_->state();
    return c;
  }

  void save_last() const { save_checkpoint(folder_ / "checkpoint-last", with_tensors()); }

  void write_model(const TensorMap& weights) const {
    ModelDirectory model;
    model.config = recipe_.model;
    model.classes = state_.classes;
    model.input = input_.description();
    const DType type = dtype_named(recipe_.weights_type).value();  // the recipe allows three
    for (const auto& [name, tensor] : weights) model.weights[name] = tensor.converted_to(type);
    const nlohmann::json facts = {
        {"recipe", state_.recipe},        {"data", state_.data},
        {"files", train_->size()},        {"epochs", state_.epoch},
        {"iterations", state_.iteration}, {"validation_files", validation_->size()},
        {"validation_top1", state_.best}};
    model.training = facts.dump();
    model.card = fmt::format(
        "# A ByteFormer of {} classes\n\n- Trained on {} files for {} epochs ({} steps); accuracy "
        "on {} files held out: {:.2f} %.\n- Command: `{}`\n"
        "- Say here where the data is from, its licence, and what the model is not for.\n",
        state_.classes.size(), train_->size(), state_.epoch, state_.iteration, validation_->size(),
        100 * state_.best, printable(options_.command));
    save_model(folder_ / "model", model);
  }

  void write_report(const Metrics& metrics) const {
    write_file_atomically(folder_ / "history.csv", history_csv(state_.history));
    Report report;
    report.title = "Training " + folder_.filename().string();
    report.command = options_.command;
    report.facts = {{"data", recipe_.data.train},
                    {"files trained on", std::to_string(train_->size())},
                    {"files validated on", std::to_string(validation_->size())},
                    {"epochs", std::to_string(state_.epoch)},
                    {"steps", std::to_string(state_.iteration)},
                    {"best validation top-1", fmt::format("{:.2f} %", 100 * state_.best)}};
    report.classes = state_.classes;
    report.history = state_.history;
    report.metrics = metrics;
    write_file_atomically(folder_ / "report.html", html_report(report));
  }

  const TrainOptions& options_;
  Recipe recipe_;
  InputBytes input_;
  fs::path folder_;
  unsigned threads_;
  Checkpoint state_;  // without tensors
  std::unique_ptr<DataSet> train_, validation_;
  double rate_ = 0;
  std::size_t seen_ = 0, right_ = 0;  // files of this epoch since the process began with it
  bool cut_short_ = false;            // max_iterations ended the epoch before its last batch
  std::optional<TrainableModel> model_;
  std::optional<AdamW> optimizer_;
  std::optional<Ema> ema_;
  std::optional<TrainableModel> averaged_;  // holds the average while it is evaluated
  std::optional<Loader> loader_, validation_loader_;
};

}  // namespace

TrainResult train(const TrainOptions& options) { return Run(options).run(); }

}  // namespace byteformer
