// What a training leaves for people and for the runtime: its model directory and its report.
#pragma once

#include <string>

#include "model/model_directory.h"
#include "recipe/recipe.h"
#include "report/html_report.h"
#include "train/checkpoint.h"

namespace byteformer {

struct RunFacts {
  const Recipe& recipe;
  std::string command, name;
  std::string input;  // what the bytes are, as JSON text
  std::size_t files, validation_files;
  std::size_t epochs;       // the last one may have been cut short
  const Checkpoint& state;  // behind them
};

ModelDirectory model_of(const RunFacts& run, const TensorMap& weights);

// `last` is the row of the last epoch, which the state's history lacks where it was cut short;
// `metrics` are of the better of the weights and their average.
Report report_of(const RunFacts& run, const EpochRow& last, const Metrics& metrics);

}  // namespace byteformer
