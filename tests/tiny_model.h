// A model of random weights for tests of the runtime and the commands: 3 classes, k = 4, at most 50
// tokens (103 bytes).
#pragma once

#include <filesystem>

#include "model/model_directory.h"
#include "tests/golden.h"

namespace byteformer {

inline ModelDirectory tiny_model() {
  ModelDirectory model;
  model.config.width = 64;
  model.config.heads = 1;
  model.config.ffn = 64;
  model.config.layers = 2;
  model.config.kernel_size = 4;
  model.config.windows = {8, 8};
  model.config.shifts = {0, 4};
  model.config.merges = {true, false};
  model.config.max_tokens = 50;
  model.config.classes = 3;
  model.classes = {"apple", "pear", "plum"};
  model.input = "{}";
  model.training = "{}";
  model.card = "# A model of random weights\n";
  model.weights = golden::formula_weights(model.config);
  return model;
}

}  // namespace byteformer
