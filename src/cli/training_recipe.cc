#include "cli/training_recipe.h"

#include <filesystem>

#include "byteformer/error.h"
#include "data/folder_facts.h"
#include "train/plan.h"
#include "train/run_directory.h"

namespace byteformer {
namespace {

constexpr double kMinutes = 20;  // of a plan, if nobody says

Recipe planned(const RecipeChoice& choice, const Notice& notice) {
  if (!choice.is_alone)
    throw UsageError(
        "a plan is made for one process, from its speed. Make the recipe first: byteformer train "
        "--data DIR --minutes N --print-recipe > recipe.yaml, then give --config recipe.yaml to "
        "all.");
  if (!choice.only_shown && !choice.resume) check_holds_no_run(choice.run_directory);
  const FolderFacts facts = facts_of_folder(choice.data, notice);
  Plan plan = plan_for(facts, choice.minutes.value_or(kMinutes), trains_in_bf16(choice.device),
                       [&](const Recipe& recipe, std::size_t bytes) {
                         return measured_step_seconds(recipe, bytes, choice.threads, choice.device);
                       });
  for (const std::string& reason : plan.reasons) notice("planned " + reason);
  plan.recipe.data.train = choice.data;
  return parse_recipe(to_yaml(plan.recipe), "the plan", choice.overrides);
}

}  // namespace

Recipe training_recipe(const RecipeChoice& choice, const Notice& notice) {
  if (!choice.config.empty()) {
    if (choice.minutes)
      throw UsageError(
          "--minutes plans a recipe, but --config gives one. Leave out one of them; "
          "scheduler.max_epochs says how long a recipe trains.");
    return load_recipe(choice.config, choice.overrides);
  }
  const std::string of_run = choice.run_directory + "/config.yaml";
  std::error_code not_seen;  // a run that may not be looked into is refused, not planned anew
  if (choice.resume && (std::filesystem::exists(of_run, not_seen) || not_seen)) {
    if (choice.minutes)
      notice("--minutes planned this run when it began; it goes on by its own " + of_run);
    return load_recipe(of_run, choice.overrides);
  }
  if (choice.minutes && choice.data.empty())
    throw UsageError("--minutes plans a recipe for data, but there is none. Give --data DIR.");
  if (!choice.data.empty() && (choice.minutes || choice.overrides.empty()))
    return planned(choice, notice);
  if (!choice.data.empty())
    notice(
        "KEY=VALUE without --config changes the defaults, a model of the paper's size. Add "
        "--minutes "
        "N to change what is planned for the data instead.");
  return parse_recipe("", "the defaults", choice.overrides);
}

}  // namespace byteformer
