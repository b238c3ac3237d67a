#include "train/trainer.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/processors.h"
#include "byteformer/error.h"
#include "data/loader.h"
#include "data/recipe_data.h"
#include "files/name.h"
#include "model/geometry.h"
#include "report/progress.h"
#include "train/evaluation.h"
#include "train/learner.h"
#include "train/run_directory.h"
#include "train/stop_signals.h"

namespace byteformer {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

double share(double part, double whole) { return whole == 0 ? 0 : part / whole; }

[[noreturn]] void refuse_loss(double loss, const Checkpoint& state, double rate,
                              const Batch& batch) {
  constexpr std::size_t kShown = 8;
  std::string names;
  for (std::size_t i = 0; i < batch.names.size() && i < kShown; ++i)
    names += (i > 0 ? ", " : "") + printable(batch.names[i]);
  if (batch.names.size() > kShown)
    names += fmt::format(" and {} more", batch.names.size() - kShown);
  throw Error(
      fmt::format("the loss is {} at step {} (epoch {}, learning rate {:.3g}). Its files: {}. "
                  "Try a lower scheduler.cosine.max_lr, a longer "
                  "scheduler.warmup_iterations, or optim.max_gradient_norm=1; checkpoint-last "
                  "holds the state before.",
                  loss, state.iteration, state.epoch + 1, rate, names));
}

class Training {
 public:
  explicit Training(const TrainOptions& options)
      : options_(options),
        recipe_(options.recipe),
        input_(options.recipe),
        threads_(options.threads == 0 ? usable_processors() : options.threads) {
    at::set_num_threads(static_cast<int>(threads_));
    read_data();
    learner_.emplace(recipe_);
    begin_or_resume();
    LoaderOptions loading{recipe_.data.batch, recipe_.model.kernel_size,
                          static_cast<unsigned>(recipe_.data.workers), recipe_.common.seed};
    loading.drop_last = train_->size() >= recipe_.data.batch;
    loader_.emplace(*train_, loading, options_.notice);
    loading.shuffle = loading.drop_last = false;
    validation_loader_.emplace(*validation_, loading, options_.notice);
  }

  TrainResult run() {
    while (state_.epoch < recipe_.scheduler.max_epochs && !out_of_iterations()) {
      if (!train_epoch() || !finish_epoch()) {
        save_last();
        return TrainResult::kStopped;
      }
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
    state_.recipe = to_yaml(recipe_);
    state_.provenance = provenance_of_this_program(threads_, 1);
    state_.batch_files = recipe_.data.batch;
    directory_.emplace(options_.run_directory);
    if (directory_->has_checkpoint()) {
      if (!options_.resume)
        throw UsageError(
            options_.run_directory +
            ": holds a run already. Add --resume to go on with it, or give another --output.");
      resume(load_checkpoint(directory_->last_path()));
      return;
    }
    if (options_.resume)
      options_.notice(options_.run_directory + ": no checkpoint yet, so the run begins");
    directory_->write_config(state_.recipe);
  }

  void resume(Checkpoint saved) {
    if (saved.classes != state_.classes)
      throw UsageError(
          fmt::format("{}: was trained on {} classes with other names than the {} of the data. "
                      "Give the data that it began with.",
                      directory_->last_path(), saved.classes.size(), state_.classes.size()));
    std::vector<std::string> changes = differences(saved.provenance, state_.provenance);
    if (saved.data != state_.data)
      changes.emplace_back("the list of training files changed since the run began");
    if (saved.recipe != state_.recipe)
      changes.emplace_back("the recipe changed since the run began");
    for (const std::string& change : changes)
      options_.notice(change + ": the result will not repeat to the bit");
    learner_->load(saved);
    saved.weights = saved.ema = saved.adamw = {};
    saved.recipe = state_.recipe;
    saved.data = state_.data;
    saved.provenance = state_.provenance;
    // The place in the epoch is one of files; where batches changed, some files come again.
    saved.batch = saved.batch * saved.batch_files / state_.batch_files;
    saved.batch_files = state_.batch_files;
    state_ = std::move(saved);
    options_.notice(fmt::format("goes on at epoch {}, batch {}, step {}", state_.epoch + 1,
                                state_.batch, state_.iteration));
  }

  bool out_of_iterations() const {
    return recipe_.common.max_iterations > 0 && state_.iteration >= recipe_.common.max_iterations;
  }

  bool is_saving_due() const {
    const std::size_t interval = recipe_.common.save_interval;
    return interval > 0 ? state_.iteration % interval == 0 : directory_->is_saving_due();
  }

  // False if a signal asked to stop; state_ then says where to go on.
  bool train_epoch() {
    epoch_ = {};
    epoch_.rate = learning_rate(recipe_.scheduler, state_.epoch, state_.iteration);
    loader_->start(state_.epoch, state_.batch);
    Progress progress(fmt::format("epoch {}/{}", state_.epoch + 1, recipe_.scheduler.max_epochs),
                      loader_->batches());
    const double waited = loader_->seconds_waited();
    std::size_t pending = 0;  // micro batches since the last step, with their files and losses
    while (const std::optional<Batch> batch = loader_->next()) {
      epoch_.rate = learning_rate(recipe_.scheduler, state_.epoch, state_.iteration);
      learn_from(*batch);
      if (++pending < recipe_.common.accumulation) continue;
      learner_->step(epoch_.rate, pending);
      pending = 0;
      count_step();
      epoch_.waited = loader_->seconds_waited() - waited;
      progress.show(state_.batch, progress_text());
      if (stop_.requested()) return false;
      if (out_of_iterations()) break;
      if (is_saving_due()) save_last();
    }
    learner_->drop_gradients();  // of left-over micro batches, as in the reference
    epoch_.waited = loader_->seconds_waited() - waited;
    epoch_.seconds = seconds_since(epoch_.started);
    return true;
  }

  // Gradients of one micro batch.
  void learn_from(const Batch& batch) {
    const Learner::Pass pass = learner_->forward(batch);
    if (!std::isfinite(pass.loss_value)) refuse_loss(pass.loss_value, state_, epoch_.rate, batch);
    learner_->backward(pass);
    epoch_.files += batch.targets.size();
    epoch_.right += pass.right;
    epoch_.pending_files += batch.targets.size();
    epoch_.pending_loss += pass.loss_value * static_cast<double>(batch.targets.size());
  }

  // What state_ says holds from one step to the next only, so that a resume can begin there.
  void count_step() {
    ++state_.iteration;
    state_.batch = loader_->given();
    state_.epoch_loss += epoch_.pending_loss;
    state_.epoch_files += epoch_.pending_files;
    epoch_.pending_loss = 0;
    epoch_.pending_files = 0;
  }

  std::string progress_text() const {
    return fmt::format(
        "loss {:.4f}, accuracy {:.1f} %, lr {:.2e}, waiting {:.0f} %",
        share(state_.epoch_loss, static_cast<double>(state_.epoch_files)),
        100 * share(static_cast<double>(epoch_.right), static_cast<double>(epoch_.files)),
        epoch_.rate, 100 * share(epoch_.waited, seconds_since(epoch_.started)));
  }

  // Evaluates and writes all that there is of the epoch. False, with nothing done, if a signal
  // asked to stop: a resume then begins with the evaluation.
  bool finish_epoch() {
    const auto is_over = [this] { return stop_.requested(); };
    const bool bf16 = recipe_.common.bf16;
    const std::optional<Metrics> own =
        evaluate(learner_->model(), *validation_loader_, bf16, is_over);
    if (!own) return false;
    EpochRow row = row_of_epoch(*own);
    Metrics best_of_both = *own;
    const TrainableModel* best_model = &learner_->model();
    if (const TrainableModel* averaged = learner_->averaged()) {
      const std::optional<Metrics> average =
          evaluate(*averaged, *validation_loader_, bf16, is_over);
      if (!average) return false;
      row.ema_val_loss = average->loss();
      row.ema_val_top1 = average->top1();
      if (average->top1() > own->top1()) {
        best_of_both = *average;
        best_model = averaged;
      }
    }
    options_.notice(fmt::format(
        "epoch {}: loss {:.4f}, validation {:.2f} %{}, {:.0f} files/s", state_.epoch + 1,
        row.train_loss, 100 * row.val_top1,
        learner_->averaged() ? fmt::format(" (average {:.2f} %)", 100 * row.ema_val_top1) : "",
        row.files_per_second));

    Checkpoint next = state_;  // where a resume goes on: in the next epoch
    next.history.push_back(row);
    const bool is_best = best_of_both.top1() > state_.best || validation_->size() == 0;
    if (is_best) next.best = best_of_both.top1();
    if (loader_->given() == loader_->batches()) {
      ++next.epoch;
      next.batch = next.epoch_files = 0;
      next.epoch_loss = 0;
    } else {  // max_iterations cut it short: with more of them, in this one
      next.history.pop_back();
    }
    learner_->save_to(next);
    if (is_best) directory_->save_best(next, model_of(*best_model, next));
    directory_->write_report(report_of(next, row, best_of_both));
    directory_->save_last(next);
    next.weights = next.ema = next.adamw = {};
    state_ = std::move(next);
    return true;
  }

  EpochRow row_of_epoch(const Metrics& metrics) const {
    EpochRow row;
    row.epoch = state_.epoch;
    row.iteration = state_.iteration;
    row.learning_rate = epoch_.rate;
    row.train_loss = share(state_.epoch_loss + epoch_.pending_loss,
                           static_cast<double>(state_.epoch_files + epoch_.pending_files));
    row.val_loss = metrics.loss();
    row.val_top1 = metrics.top1();
    row.val_top5 = metrics.top5();
    row.seconds = epoch_.seconds;
    row.files_per_second = share(static_cast<double>(epoch_.files), epoch_.seconds);
    row.waiting_share = share(epoch_.waited, epoch_.seconds);
    return row;
  }

  void save_last() {
    Checkpoint checkpoint = state_;
    learner_->save_to(checkpoint);
    directory_->save_last(checkpoint);
  }

  ModelDirectory model_of(const TrainableModel& best, const Checkpoint& state) const {
    ModelDirectory model;
    model.config = recipe_.model;
    model.classes = state.classes;
    model.input = input_.description();
    const DType type = dtype_named(recipe_.weights_type).value();  // the recipe allows three
    for (const auto& [name, tensor] : best.weights())
      model.weights[name] = tensor.converted_to(type);
    const nlohmann::json facts = {
        {"recipe", state.recipe},        {"data", state.data},
        {"files", train_->size()},       {"epochs", state_.epoch + 1},
        {"iterations", state.iteration}, {"validation_files", validation_->size()},
        {"validation_top1", state.best}};
    model.training = facts.dump();
    model.card = fmt::format(
        "# A ByteFormer of {} classes\n\n- Trained on {} files for {} epochs ({} steps); accuracy "
        "on {} files held out: {:.2f} %.\n- Command: `{}`\n"
        "- Say here where the data is from, its licence, and what the model is not for.\n",
        state.classes.size(), train_->size(), state_.epoch + 1, state.iteration,
        validation_->size(), 100 * state.best, printable(options_.command));
    return model;
  }

  Report report_of(const Checkpoint& state, const EpochRow& row, const Metrics& metrics) const {
    Report report;
    report.title = "Training " + directory_->name();
    report.command = options_.command;
    report.facts = {{"data", recipe_.data.train},
                    {"files trained on", std::to_string(train_->size())},
                    {"files validated on", std::to_string(validation_->size())},
                    {"epochs", std::to_string(state_.epoch + 1)},
                    {"steps", std::to_string(state.iteration)},
                    {"best validation top-1", fmt::format("{:.2f} %", 100 * state.best)}};
    report.classes = state.classes;
    report.history = state_.history;
    report.history.push_back(row);
    report.metrics = metrics;
    return report;
  }

  // An epoch as this process has seen it; state_ has what a resume keeps.
  struct Epoch {
    Clock::time_point started = Clock::now();
    double rate = 0, seconds = 0, waited = 0;
    std::size_t files = 0, right = 0;
    double pending_loss = 0;  // since the last step
    std::size_t pending_files = 0;
  };

  const TrainOptions& options_;
  const StopSignals stop_;
  Recipe recipe_;
  InputBytes input_;
  unsigned threads_;
  Checkpoint state_;  // without tensors
  Epoch epoch_;
  std::unique_ptr<DataSet> train_, validation_;
  std::optional<Learner> learner_;
  std::optional<RunDirectory> directory_;
  std::optional<Loader> loader_, validation_loader_;
};

}  // namespace

TrainResult train(const TrainOptions& options) { return Training(options).run(); }

}  // namespace byteformer
