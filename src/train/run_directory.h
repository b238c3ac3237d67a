// The directory of a run: config.yaml, history.csv, report.html, checkpoint-last, checkpoint-best,
// model/. Each is written whole or not at all, and a process that is killed loses nothing of them.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "model/model_directory.h"
#include "report/html_report.h"
#include "train/checkpoint.h"

namespace byteformer {

class RunDirectory {
 public:
  // Makes it where it is not there, takes it for this process alone (until it ends, however it
  // ends), and removes what writers that were killed left half done. Throws IoError, or UsageError
  // where another process trains there.
  explicit RunDirectory(const std::filesystem::path& path);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  std::string name() const { return path_.filename().string(); }
  std::string last_path() const { return (path_ / "checkpoint-last").string(); }
  bool has_checkpoint() const { return std::filesystem::exists(last_path()); }
  std::string checkpoint_bytes() const;  // of checkpoint-last

  void write_config(const std::string& recipe) const;
  void save_last(const Checkpoint& checkpoint);

  // Whether it is time for save_last() by the clock: a minute after the last one or, where saving
  // takes long, so much later that it takes at most a fiftieth of the time.
  bool is_saving_due() const;

  // What belongs to the best weights so far, and what the run says of itself. To be written before
  // the checkpoint-last that says so: after a kill in between, the run repeats them.
  void save_best(const Checkpoint& checkpoint, const ModelDirectory& model) const;
  void write_report(const Report& report) const;

 private:
  using Clock = std::chrono::steady_clock;

  std::filesystem::path path_;
  int descriptor_ = -1;  // holds the lock
  Clock::time_point saved_ = Clock::now();
  Clock::duration saving_{};  // how long the last one took
};

}  // namespace byteformer
