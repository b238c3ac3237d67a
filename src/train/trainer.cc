#include "train/trainer.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <sstream>

#include "base/processors.h"
#include "byteformer/error.h"
#include "data/loader.h"
#include "data/recipe_data.h"
#include "files/name.h"
#include "model/geometry.h"
#include "report/progress.h"
#include "train/device.h"
#include "train/evaluation.h"
#include "train/learner.h"
#include "train/process_group.h"
#include "train/results.h"
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

// Where every file of a set was skipped, which was said of each: there is nothing to learn from, or
// to choose the best epoch by.
[[noreturn]] void refuse_unreadable(const char* purpose, std::size_t files) {
  throw UsageError(fmt::format(
      "none of the {} files to {} could be read. Give data that dataset.name, dataset.root_train "
      "and dataset.root_val fit.",
      files, purpose));
}

unsigned part_of_processors(const Membership& m) {
  return std::max(1U, usable_processors() / static_cast<unsigned>(m.local_size));
}

class Training {
 public:
  Training(const TrainOptions& options, at::Device device, ProcessGroup& group)
      : options_(options),
        device_(device),
        group_(group),
        recipe_(options.recipe),
        input_(options.recipe),
        threads_(options.threads == 0 ? part_of_processors(options.membership) : options.threads) {
    at::set_num_threads(static_cast<int>(threads_));
    check_recipe();
    read_data();
    learner_.emplace(recipe_, device_, group_);
    if (recipe_.common.checkpoint_activations && !learner_->runs_on_kernels())
      say(fmt::format(
          "common.checkpoint_activations does nothing here: LibTorch's own operations train this "
          "model, because {}.",
          !device_.is_cpu() ? "they do on a GPU"
          : recipe_.model.ffn % 64 == 0
              ? "this processor has no BF16 kernels; with common.mixed_precision=false it does"
              : "its ffn is no multiple of 64"));
    if (!device_.is_cpu()) say_device();
    begin_or_resume();
    LoaderOptions loading{recipe_.data.batch, recipe_.model.kernel_size,
                          static_cast<unsigned>(recipe_.data.workers), recipe_.common.seed};
    loading.part = group_.rank();
    loading.parts = group_.size();
    loading.drop_last = train_->size() >= state_.batch_files;
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
  // All processes follow one recipe. Where the data lies is each machine's own business.
  void check_recipe() const {
    Recipe recipe = recipe_;
    recipe.data.train = recipe.data.validation = recipe.data.test = "";
    recipe.data.sound.train = recipe.data.sound.validation = recipe.data.sound.test = "";
    const std::string own = to_yaml(recipe), first = group_.text_of_first(own);
    if (own == first) return;
    std::istringstream own_lines(own), first_lines(first);
    std::string here, there;
    while (here == there && std::getline(own_lines, here)) std::getline(first_lines, there);
    throw UsageError(fmt::format(
        "the recipe here is another than process 0 has: \"{}\" and not \"{}\". Give all processes "
        "the same --config and KEY=VALUE; --resume without --config needs the run's folder on "
        "every "
        "machine.",
        here, there));
  }

  void read_data() {
    if (!recipe_.pretrained.empty())
      throw UsageError(
          fmt::format("model.classification.pretrained is \"{}\", but a training begins with "
                      "weights of its own. Remove it; `byteformer eval` reads it.",
                      recipe_.pretrained));
    TrainingData data = open_training_data(
        recipe_, input_, max_bytes_for(recipe_.model.max_tokens, recipe_.model.kernel_size),
        [this](const std::string& text) { say(text); });
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
    say(fmt::format("{} classes, {} files to train on, {} to validate", state_.classes.size(),
                    train_->size(), validation_->size()));
    const std::string list = fmt::format("{} {:016x}", state_.data, validation_->hash());
    if (group_.text_of_first(list) != list)
      throw UsageError(fmt::format(
          "{}: the list of files here is another than process 0 has. Give all processes the same "
          "data.",
          printable(recipe_.data.train)));
  }

  // Once for all processes.
  void say(const std::string& text) const {
    if (group_.is_first()) options_.notice(text);
  }

  void say_device() const {
    const char* precision = !recipe_.common.bf16               ? "float32"
                            : mixed_type(device_) == at::kHalf ? "float16, with scaled gradients"
                                                               : "BF16";
    say(fmt::format("trains on {} in {}", name_of(device_), precision));
  }

  void begin_or_resume() {
    state_.recipe = to_yaml(recipe_);
    state_.provenance = provenance_of_this_program(threads_, group_.size(), device_);
    state_.batch_files = recipe_.data.batch * group_.size();
    std::string checkpoint;  // empty where there is none
    if (group_.is_first()) {
      directory_.emplace(options_.run_directory);
      if (!options_.resume) check_holds_no_run(options_.run_directory);
      if (directory_->has_checkpoint())
        checkpoint = directory_->checkpoint_bytes();
      else
        directory_->write_config(state_.recipe);
    }
    checkpoint = group_.text_of_first(checkpoint);
    if (!checkpoint.empty())
      resume(parse_checkpoint(checkpoint, options_.run_directory + "/checkpoint-last"));
    else if (options_.resume)
      say(options_.run_directory + ": no checkpoint yet, so the run begins");
  }

  void resume(Checkpoint saved) {
    if (saved.classes != state_.classes)
      throw UsageError(
          fmt::format("{}: was trained on {} classes with other names than the {} of the data. "
                      "Give the data that it began with.",
                      options_.run_directory, saved.classes.size(), state_.classes.size()));
    std::vector<std::string> changes = differences(saved.provenance, state_.provenance);
    if (saved.data != state_.data)
      changes.emplace_back("the list of training files changed since the run began");
    if (saved.recipe != state_.recipe)
      changes.emplace_back("the recipe changed since the run began");
    for (const std::string& change : changes)
      say(change + ": the result will not repeat to the bit");
    learner_->load(saved);
    saved.weights = saved.ema = saved.adamw = {};
    saved.recipe = state_.recipe;
    saved.data = state_.data;
    saved.provenance = state_.provenance;
    // The place in the epoch is one of files; where batches changed, some files come again.
    saved.batch = saved.batch * saved.batch_files / state_.batch_files;
    saved.batch_files = state_.batch_files;
    state_ = std::move(saved);
    say(fmt::format("goes on at epoch {}, batch {}, step {}", state_.epoch + 1, state_.batch,
                    state_.iteration));
  }

  bool out_of_iterations() const {
    return recipe_.common.max_iterations > 0 && state_.iteration >= recipe_.common.max_iterations;
  }

  bool is_saving_due() const {
    const std::size_t interval = recipe_.common.save_interval;
    return interval > 0 ? state_.iteration % interval == 0 : directory_->is_saving_due();
  }

  double rate() const {
    const Recipe::Scheduler& s = recipe_.scheduler;
    auto epochs = static_cast<double>(state_.epoch);
    if (s.per_step) {  // down to the end, be it that of max_iterations
      const auto all = static_cast<double>(s.max_epochs),
                 batches = std::max(1.0, static_cast<double>(loader_->batches())),
                 limit = static_cast<double>(recipe_.common.max_iterations *
                                             recipe_.common.accumulation);
      const double end = limit > 0 ? std::min(all, limit / batches) : all;
      epochs = (epochs + static_cast<double>(state_.batch) / batches) * all / end;
    }
    return learning_rate(s, epochs, state_.iteration);
  }

  // False if a signal asked to stop; state_ then says where to go on.
  bool train_epoch() {
    epoch_ = {};
    loader_->start(state_.epoch, state_.batch);
    epoch_.rate = rate();
    std::optional<Progress> progress;
    if (group_.is_first())
      progress.emplace(fmt::format("epoch {}/{}", state_.epoch + 1, recipe_.scheduler.max_epochs),
                       loader_->batches());
    const double waited = loader_->seconds_waited();
    std::size_t pending = 0;  // micro batches since the last step, with their files and losses
    while (const std::optional<Batch> batch = loader_->next()) {
      epoch_.rate = rate();
      const bool is_last = pending + 1 == recipe_.common.accumulation;
      if (learn_from(*batch, is_last)) ++pending;
      const bool is_step = pending == recipe_.common.accumulation;
      if (is_step) {
        learner_->step(epoch_.rate, pending);
        pending = 0;
        count_step();
        epoch_.waited = loader_->seconds_waited() - waited;
        if (progress) progress->show(state_.batch, progress_text());
      }
      if (stopping_) return false;
      if (!is_step) continue;
      if (out_of_iterations()) break;
      if (directory_ && is_saving_due()) save_last();
    }
    if (state_.epoch_files + epoch_.pending_files == 0)
      refuse_unreadable("train on", train_->size());
    learner_->drop_gradients();  // of left-over micro batches, as in the reference
    epoch_.waited = loader_->seconds_waited() - waited;
    epoch_.seconds = seconds_since(epoch_.started);
    return true;
  }

  // Gradients of one micro batch, of which each process has a part. False if no file of it could be
  // read.
  bool learn_from(const Batch& batch, bool is_last) {
    // A process without a file takes part with one that counts nothing.
    const auto files = static_cast<double>(batch.targets.size());
    if (files == 0 && group_.size() == 1) {
      stopping_ = stop_.requested();
      return false;
    }
    const Learner::Pass pass = learner_->forward(files > 0 ? batch : stand_in());
    const double own_loss = files > 0 ? pass.loss_value * files : 0;
    std::array<double, 4> all = {files, own_loss, files > 0 ? static_cast<double>(pass.right) : 0,
                                 stop_.requested() ? 1.0 : 0.0};
    group_.sum(all);
    const auto [all_files, loss, right, stops] = all;
    stopping_ = stopping_ || stops > 0;
    if (all_files == 0) return false;
    if (!std::isfinite(loss)) {
      if (std::isfinite(own_loss)) group_.wait_for_word();  // the process whose it is says more
      refuse_loss(pass.loss_value, state_, epoch_.rate, batch);
    }
    // Gradients become means over the processes, and are to be those of the mean over all files.
    learner_->backward(pass, files * static_cast<double>(group_.size()) / all_files, is_last);
    epoch_.files += static_cast<std::size_t>(all_files);
    epoch_.right += static_cast<std::size_t>(right);
    epoch_.pending_files += static_cast<std::size_t>(all_files);
    epoch_.pending_loss += loss;
    return true;
  }

  Batch stand_in() const {
    const std::size_t length = std::max<std::size_t>(1, recipe_.model.kernel_size);
    Batch batch;
    batch.ids.assign(length, 0);
    batch.offsets = {0, static_cast<std::int64_t>(length)};
    batch.targets = {0};
    batch.names = {"no file"};
    return batch;
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
        evaluate(learner_->model(), *validation_loader_, bf16, is_over, group_);
    if (!own) return false;
    if (own->files() == 0 && validation_->size() > 0) {
      save_last();  // a resume begins with the evaluation
      refuse_unreadable("validate", validation_->size());
    }
    EpochRow row = row_of_epoch(*own);
    Metrics best_of_both = *own;
    const TrainableModel* best_model = &learner_->model();
    if (const TrainableModel* averaged = learner_->averaged()) {
      const std::optional<Metrics> average =
          evaluate(*averaged, *validation_loader_, bf16, is_over, group_);
      if (!average) return false;
      row.ema_val_loss = average->loss();
      row.ema_val_top1 = average->top1();
      if (average->top1() > own->top1()) {
        best_of_both = *average;
        best_model = averaged;
      }
    }
    say(fmt::format(
        "epoch {}: loss {:.4f}, validation {:.2f} %{}, {:.0f} files/s", state_.epoch + 1,
        row.train_loss, 100 * row.val_top1,
        learner_->averaged() ? fmt::format(" (average {:.2f} %)", 100 * row.ema_val_top1) : "",
        row.files_per_second));

    Checkpoint next = state_;  // where a resume goes on: in the next epoch
    next.history.push_back(row);
    const bool is_best = best_of_both.top1() > state_.best || validation_->size() == 0;
    if (is_best) next.best = best_of_both.top1();
    if (loader_->given() >= loader_->batches()) {  // more: a resume with fewer files than before
      ++next.epoch;
      next.batch = next.epoch_files = 0;
      next.epoch_loss = 0;
    } else {  // max_iterations cut it short: with more of them, in this one
      next.history.pop_back();
    }
    if (directory_) {
      learner_->save_to(next);
      if (is_best) directory_->save_best(next, model_of(facts_of(next), best_model->weights()));
      directory_->write_report(report_of(facts_of(next), row, best_of_both));
      directory_->save_last(next);
      next.weights = next.ema = next.adamw = {};
    }
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
    if (!directory_) return;
    Checkpoint checkpoint = state_;
    learner_->save_to(checkpoint);
    directory_->save_last(checkpoint);
  }

  RunFacts facts_of(const Checkpoint& state) const {
    return {recipe_,        options_.command,    directory_->name(), input_.description(),
            train_->size(), validation_->size(), state_.epoch + 1,   state};
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
  const at::Device device_;
  ProcessGroup& group_;
  const StopSignals stop_;
  bool stopping_ = false;  // a signal asked one of the processes to stop
  Recipe recipe_;
  InputBytes input_;
  unsigned threads_;
  Checkpoint state_;  // without tensors
  Epoch epoch_;
  std::unique_ptr<DataSet> train_, validation_;
  std::optional<Learner> learner_;
  std::optional<RunDirectory> directory_;  // of the first process
  std::optional<Loader> loader_, validation_loader_;
};

}  // namespace

TrainResult train(const TrainOptions& options) {
  const at::Device device = device_named(options.device, options.membership.local_rank);
  ProcessGroup group(options.membership, device, options.lost);
  try {
    return Training(options, device, group).run();
  } catch (const std::exception& error) {
    group.fail(error.what());
    throw;
  }
}

}  // namespace byteformer
