// How the files of a model became the bytes that it was trained on.
#pragma once

#include <string>
#include <vector>

#include "model/model_directory.h"
#include "recipe/recipe.h"

namespace byteformer {

// The recipe that a model was trained by, with `overrides`. `directory` is for messages. A model of
// files as they are that says by which encoding these were made gets that encoding of pictures.
// Throws UsageError where the model says nothing, ConfigError where it says what is not allowed.
Recipe model_recipe(const ModelDirectory& model, const std::string& directory,
                    const std::vector<std::string>& overrides = {});

// What to say where the bytes of this machine's encoder (`input`, as a model carries it) may differ
// from those that the model was trained on; empty where there is nothing to say.
std::string encoder_notice(const ModelDirectory& model, const std::string& input);

}  // namespace byteformer
