// What an evaluation measures, and on what, where a recipe says so.
#pragma once

#include <memory>
#include <string>

#include "cli/codec_process.h"
#include "cli/converted_model.h"
#include "recipe/recipe.h"

namespace byteformer {

// A model and, where its files become bytes on the way, the process that makes them.
struct Subject {
  std::string model, data;
  std::unique_ptr<ConvertedModel> converted;  // of a checkpoint
  std::unique_ptr<Codec> codec;
};

// The reference's way: weights and data stand in the recipe. Class numbers belong to the model; a
// checkpoint has no names, so its classes are those of the data, in order. Throws UsageError.
Subject subject_of(const Recipe& recipe, const CodecLimits& limits);

}  // namespace byteformer
