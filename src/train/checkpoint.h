// A checkpoint: all that a training needs to go on as if it had never stopped, in one safetensors
// file.
//
// Tensors: "weights/<name>", "ema/<name>", "adamw/<moment>/<name>". The order of the files and
// every augmentation follow from the seed, the epoch and the place in it, so there is no other
// random state; the average has no counter but the number of steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/history.h"
#include "tensor/tensor.h"
#include "train/gradient_scaler.h"
#include "train/provenance.h"

namespace byteformer {

struct Checkpoint {
  TensorMap weights, ema, adamw;                // ema is empty where the recipe has none
  std::optional<GradientScaler::State> scaler;  // of a training in float16
  std::size_t epoch = 0;                        // being trained, from 0
  std::size_t batch = 0;                        // of that epoch, to go on with
  std::size_t batch_files = 0;                  // of one, over all processes
  std::size_t iteration = 0;                    // optimiser steps so far
  double epoch_loss = 0;  // sum of the training loss over the files of this epoch so far
  std::size_t epoch_files = 0;
  double best = -1;    // best validation top-1 so far
  std::string recipe;  // YAML
  std::vector<std::string> classes;
  std::vector<EpochRow> history;
  std::string data;  // hash of the list of files
  Provenance provenance;
};

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint);  // atomically
Checkpoint load_checkpoint(const std::string& path);  // throws IoError, FormatError
// Of a file's bytes; `path` stands for it in error texts.
Checkpoint parse_checkpoint(const std::string& bytes, const std::string& path);

}  // namespace byteformer
