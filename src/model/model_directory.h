// A model on disk: config.json, model.safetensors, golden.safetensors, README.md. Format:
// docs/formats/model-directory.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "model/config.h"
#include "tensor/tensor.h"

namespace byteformer {

struct ModelDirectory {
  ModelConfig config;                // config.classes == classes.size()
  std::vector<std::string> classes;  // names, in the order of the logits
  std::string input;  // what the bytes were, as JSON text: encoding and transforms; "{}" for files
                      // as they are
  // Logits are divided by it before they become probabilities, so that these are right as often as
  // they say (eval --calibrate).
  double temperature = 1;
  std::optional<double> unknown_threshold;
  // Those that name its test files like float32, as was measured.
  std::vector<kernels::Precision> equal_precisions;
  std::string
      training;  // facts about the training, as JSON text: recipe, data hash, commit, accuracy
  TensorMap weights;
  std::string card;  // README.md
};

// Writes a whole directory under a temporary name, flushes and renames it, in place of a model that
// was there; a directory of anything else is refused (UsageError). Computes
// golden.safetensors (at most three inputs with their logits from the simple forward pass). weights
// may be F32, F16 or BF16.
void save_model(const std::filesystem::path& directory, const ModelDirectory& model);

// Writes config.json and README.md of a model anew, each atomically; its weights and golden logits
// stay as they are, and what else lies beside them.
void update_model_texts(const std::filesystem::path& directory, const ModelDirectory& model);

// Throws IoError, FormatError, ConfigError or ModelError; each names the file. Rejects another
// major format version, unknown keys, missing or extra tensors, wrong shapes or types.
ModelDirectory load_model(const std::filesystem::path& directory);

}  // namespace byteformer
