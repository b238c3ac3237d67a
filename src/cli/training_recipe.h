// Which recipe a training follows: one that is given, that of the run it goes on with, or one that
// is planned for the data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "files/walk.h"
#include "recipe/recipe.h"

namespace byteformer {

struct RecipeChoice {
  std::string config;             // a recipe's file, or empty
  std::string data;               // folder or tar of classes, or empty
  std::optional<double> minutes;  // that a plan may take
  std::vector<std::string> overrides;
  std::string run_directory;
  bool resume = false;
  bool only_shown = false;  // no run begins with it
  bool is_alone = true;     // no other process trains with it: a plan measures this one's speed
  unsigned threads = 1;
  std::string device = "cpu";  // or "cuda": whose speed a plan measures
};

// Without a recipe: with --resume the run's own, so that it goes on as it began; with nothing but
// data, or with `minutes`, a plan, whose reasons go to notice; else the defaults with the
// overrides. Throws UsageError, ConfigError or what the data's reader throws.
Recipe training_recipe(const RecipeChoice& choice, const Notice& notice);

}  // namespace byteformer
