// The data that a recipe names, opened: what a training goes over, and what an evaluation does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/data_set.h"
#include "data/input_bytes.h"
#include "files/walk.h"
#include "recipe/recipe.h"

namespace byteformer {

struct TrainingData {
  std::vector<std::string> classes;  // sorted by bytes: they belong to the model
  std::unique_ptr<DataSet> train, validation;
};

// dataset.root_train and root_val; a share of the first where there is no second. The reference's
// recipes for sound name one folder for both: its manifests or lists tell the splits apart. `bytes`
// must outlive the sets. Files are cut at `max_bytes`, 0 meaning never. Throws UsageError, IoError,
// FormatError or InputError.
TrainingData open_training_data(const Recipe& recipe, const InputBytes& bytes,
                                std::size_t max_bytes, const Notice& notice);

struct EvaluationData {
  std::vector<std::string> classes;  // the data's own, sorted by bytes
  std::unique_ptr<DataSet> items;
};

// As the reference's evaluation does: dataset.root_test, or else root_val; of sound the split for
// testing (where there is none, the one for validation, or all there is). Files are not cut.
EvaluationData open_evaluation_data(const Recipe& recipe, const InputBytes& bytes,
                                    const Notice& notice);

}  // namespace byteformer
