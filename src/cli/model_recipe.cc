#include "cli/model_recipe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "files/name.h"

namespace byteformer {
namespace {

using Source = Recipe::Data::Source;

// Some of our own recipes train on files that `encode --encoding` wrote: then dataset.input says
// which encoding that was.
void take_given_encoding(Recipe& recipe, const std::string& input) {
  const auto facts = nlohmann::json::parse(input);
  const std::string encoding = facts.value("encoding", "");
  if (recipe.data.source != Source::kFiles || encoding.empty()) return;
  const Recipe of_encoding = parse_recipe(
      "", "the model's encoding",
      {"dataset.name=imagenet", "image_augmentation.pil_save.enable=true",
       "image_augmentation.pil_save.file_encoding=" + encoding,
       fmt::format("image_augmentation.pil_save.quality={}", facts.value("quality", 100))});
  recipe.data.source = Source::kImages;
  recipe.images = of_encoding.images;
}

}  // namespace

Recipe model_recipe(const ModelDirectory& model, const std::string& directory,
                    const std::vector<std::string>& overrides) {
  const auto facts = nlohmann::json::parse(model.training, nullptr, false);
  if (!facts.is_object() || !facts.contains("recipe") || !facts["recipe"].is_string())
    throw UsageError(printable(directory) +
                     ": the model does not say by which recipe it was trained. Give --config.");
  Recipe recipe =
      parse_recipe(facts["recipe"].get<std::string>(), directory + ", its recipe", overrides);
  take_given_encoding(recipe, model.input);
  return recipe;
}

std::string encoder_notice(const ModelDirectory& model, const std::string& input) {
  const auto trained = nlohmann::json::parse(model.input), here = nlohmann::json::parse(input);
  if (trained.value("encoder", "") == here.value("encoder", "")) return "";
  return fmt::format("the model was trained on bytes of {}, and these are of {}: they may differ",
                     trained.value("encoder", "no library"), here.value("encoder", "no library"));
}

}  // namespace byteformer
