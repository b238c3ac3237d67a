#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "model/nearest_name.h"
#include "recipe/recipe.h"
#include "recipe/schema.h"

namespace byteformer {
namespace {

void check_names(const YamlValues& values) {
  std::vector<std::string> names = {kModeKey};
  for (const Key& key : schema()) names.push_back(key.name);
  for (const auto& [name, value] : values) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string shown = name.substr(0, 200);
    throw ConfigError(
        fmt::format("{}: the key {} is not known; the nearest one is {}. `byteformer train "
                    "--help-recipe` lists all.",
                    value.where, shown, nearest_name(shown, names)));
  }
}

ModelConfig model_of_mode(const YamlValues& values) {
  const auto mode = values.find(kModeKey);
  if (mode == values.end()) return config_of_size("tiny");
  const YamlValue& value = mode->second;
  if (!value.node.IsScalar()) refuse(value, kModeKey, "tiny, small, base or huge");
  try {
    return config_of_size(value.node.Scalar());
  } catch (const ConfigError& error) {
    throw ConfigError(value.where + ": " + error.what());
  }
}

// Spreads single values over the layers, and fills lists that a free number of layers needs and
// nobody gave.
void finish_model(ModelConfig& m, const YamlValues& values) {
  auto given = [&](const char* name) {
    return values.contains(std::string("model.classification.byteformer.") + name);
  };
  m.heads = m.width / ModelConfig::kHeadSize;
  if (!given("ffn") && given("width")) m.ffn = 4 * m.width;
  if (m.windows.size() == 1 || !given("window_sizes")) m.windows.assign(m.layers, m.windows.at(0));
  if (!given("window_shifts")) m.shifts = default_shifts(m.layers);
  if (!given("downsample")) m.merges = default_merges(m.layers);
  if (m.shifts.size() == 1) m.shifts.assign(m.layers, m.shifts[0]);
  if (m.merges.size() == 1) m.merges.assign(m.layers, m.merges[0]);
}

}  // namespace

Recipe parse_recipe(std::string_view yaml, const std::string& file_name,
                    const std::vector<std::string>& overrides) {
  YamlValues values = read_yaml(yaml, file_name);
  for (const std::string& text : overrides) apply_override(text, values);
  check_names(values);

  Recipe recipe;
  recipe.model = model_of_mode(values);
  for (const Key& key : schema())
    if (const auto value = values.find(key.name); value != values.end())
      key.read(recipe, value->second);
  // Before the lists are spread: their length is this number.
  if (recipe.model.layers > ModelConfig::kMaxLayers)
    throw ConfigError(
        fmt::format("{}: layers is {}, but must be from 1 to {}. The paper uses 12 and 32.",
                    file_name, recipe.model.layers, ModelConfig::kMaxLayers));
  finish_model(recipe.model, values);
  if (const auto input = nlohmann::json::parse(recipe.data.input, nullptr, false);
      !input.is_object())
    throw ConfigError(
        file_name +
        ": dataset.input is no JSON object. Write for instance '{\"encoding\": \"TIFF\"}'.");
  ModelConfig checked = recipe.model;
  checked.classes = 1;  // the data says how many
  try {
    check(checked);
  } catch (const ConfigError& error) {
    throw ConfigError(file_name + ": " + error.what());
  }
  return recipe;
}

Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw IoError(path + ": cannot be opened. Check that the recipe is there and may be read.");
  std::string text(kMaxRecipeBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A folder opens, but does not read: it must not pass for an empty recipe.
  if (in.bad() || std::filesystem::is_directory(path))
    throw IoError(path + ": cannot be read. Give a recipe, a YAML file.");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_recipe(text, path, overrides);
}

}  // namespace byteformer
