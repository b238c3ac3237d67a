// The training loop: epochs over a folder of classes, evaluation, checkpoints, the finished model.
//
// A run is a directory: config.yaml, history.csv, report.html, checkpoint-last, checkpoint-best,
// model/. Each is written whole or not at all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "files/walk.h"
#include "recipe/recipe.h"
#include "train/membership.h"

namespace byteformer {

struct TrainOptions {
  Recipe recipe;
  std::string run_directory;
  bool resume = false;   // go on from checkpoint-last; else a run that is there already is an error
  std::string command;   // for the report
  unsigned threads = 0;  // of LibTorch; 0: what the process may use, or its part of the machine
  std::string device = "cpu";  // or "cuda": where the model trains
  // Its place among processes that train together, each with the same options; all read the same
  // data, the first one writes the run. `lost` must end the program: see process_group.h.
  Membership membership;
  std::function<void(const std::string&)> lost;
  Notice notice;  // messages for the user
};

enum class TrainResult {
  kDone,
  kStopped,  // by SIGINT or SIGTERM, after writing checkpoint-last; to be resumed
};

// Throws UsageError, ConfigError, IoError, FormatError or ModelError; a loss that is not finite is
// an Error that names the step and the files of the batch.
TrainResult train(const TrainOptions& options);

}  // namespace byteformer
