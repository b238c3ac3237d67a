#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "byteformer/error.h"
#include "model/nearest_name.h"
#include "recipe/recipe.h"
#include "recipe/reference_keys.h"
#include "recipe/schema.h"

namespace byteformer {
namespace {

// Gives a value under its key of the schema, where the reference has another name for it.
void rename(YamlValues& values) {
  for (const OtherName& other : other_names()) {
    const auto found = values.find(other.name);
    if (found == values.end()) continue;
    const YamlValue value = found->second;
    values.erase(found);
    if (value.node.IsNull()) continue;
    if (!values.emplace(other.of, value).second)
      throw ConfigError(fmt::format("{}: {} is another name of {}, which is given too. Remove one.",
                                    value.where, other.name, other.of));
  }
}

void check_names(const YamlValues& values) {
  std::vector<std::string> names = {kModeKey, kHeadsKey};
  for (const Key& key : schema()) names.push_back(key.name);
  const std::size_t meant = names.size();  // what a mistyped name may have meant
  names.insert(names.end(), meaningless_keys().begin(), meaningless_keys().end());
  for (const FixedKey& key : fixed_keys()) names.push_back(key.name);
  for (const SourceKey& key : source_keys()) names.push_back(key.name);
  for (const auto& [name, value] : values) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string shown = name.substr(0, 200);
    throw ConfigError(
        fmt::format("{}: the key {} is not known; the nearest one is {}. `byteformer train "
                    "--help-recipe` lists all.",
                    value.where, shown, nearest_name(shown, std::span(names).first(meant))));
  }
}

void check_fixed_keys(const YamlValues& values) {
  for (const FixedKey& key : fixed_keys()) {
    const auto value = values.find(key.name);
    if (value == values.end()) continue;
    const bool allowed = std::any_of(key.allowed.begin(), key.allowed.end(), [&](const auto& text) {
      return is_value(value->second, text);
    });
    if (!allowed)
      refuse(value->second, key.name,
             fmt::format("\"{}\": nothing else is done here", fmt::join(key.allowed, "\" or \"")));
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

// The reference's semantics and its parser's defaults, see recipe.h.
void start_as_reference(Recipe& r) {
  r.model.masking = Masking::kReference;
  r.embedding_init = EmbeddingInit::kNormal;
  r.data.padded_batches = true;
  r.images.read_truncated = true;
  r.images.shuffle_bytes.redraw = true;
  r.common.mean_accumulation = false;
  r.loss.label_smoothing = 0;
  r.optim.weight_decay = 4e-5;
  r.optim.beta2 = 0.98;
  r.scheduler.warmup_iterations = 0;
  r.scheduler.warmup_init_lr = 1e-7;
  r.scheduler.max_lr = 0.1;
  r.scheduler.min_lr = 1e-5;
  r.scheduler.round_rate = true;
  r.ema.enable = false;
}

// Spreads single values over the layers, and fills lists that a free number of layers needs and
// nobody gave.
void finish_model(ModelConfig& m, const YamlValues& values) {
  auto given = [&](const char* name) {
    return values.contains(std::string("model.classification.byteformer.") + name);
  };
  m.heads = m.width / ModelConfig::kHeadSize;
  if (const auto heads = values.find(kHeadsKey); heads != values.end()) {
    const std::string allowed =
        fmt::format("{}: a head has 64 of the {} channels", m.heads, m.width);
    if (value_of<std::size_t>(heads->second, kHeadsKey, allowed) != m.heads)
      refuse(heads->second, kHeadsKey, allowed);
  }
  if (!given("ffn") && given("width")) m.ffn = 4 * m.width;
  if (m.windows.size() == 1 || !given("window_sizes")) m.windows.assign(m.layers, m.windows.at(0));
  if (!given("window_shifts")) m.shifts = default_shifts(m.layers);
  if (!given("downsample")) m.merges = default_merges(m.layers);
  if (m.shifts.size() == 1) m.shifts.assign(m.layers, m.shifts[0]);
  if (m.merges.size() == 1) m.merges.assign(m.layers, m.merges[0]);
}

void check_model(const ModelConfig& model, const std::string& file_name) {
  ModelConfig checked = model;
  checked.classes = std::max<std::size_t>(model.classes, 1);  // 0: the data says how many
  try {
    check(checked);
  } catch (const ConfigError& error) {
    throw ConfigError(file_name + ": " + error.what());
  }
}

void check_pipelines(const Recipe& recipe, const YamlValues& values, const std::string& file_name) {
  using Source = Recipe::Data::Source;
  const bool is_sound = recipe.data.source == Source::kAudio,
             is_joint = recipe.data.source == Source::kJoint;
  for (const SourceKey& key : source_keys()) {
    const std::string& allowed = is_sound ? key.of_sound : key.of_pictures;
    const auto value = values.find(key.name);
    if (value != values.end() && !is_value(value->second, allowed))
      refuse(value->second, key.name, "\"" + allowed + "\" to agree with dataset.name");
  }
  if ((recipe.data.source == Source::kImages || is_joint) && !recipe.images.encode.enable)
    throw ConfigError(file_name +
                      ": dataset.name says pictures without image_augmentation.pil_save.enable, "
                      "but the model reads bytes. Set it to true, or dataset.name to \"files\".");
  if ((is_sound || is_joint) && !recipe.audio.encode.enable)
    throw ConfigError(
        file_name +
        ": dataset.name says sound without audio_augmentation.torchaudio_save.enable, but the "
        "model reads bytes. Set it to true.");
  const ImagePipeline::RandAugment& augment = recipe.images.rand_augment;
  if (augment.magnitude >= augment.magnitude_bins)
    throw ConfigError(
        fmt::format("{}: image_augmentation.rand_augment.magnitude is {}, but must be below "
                    "num_magnitude_bins, {}. Lower it.",
                    file_name, augment.magnitude, augment.magnitude_bins));
}

std::vector<std::string> notices_of(const Recipe& recipe, const YamlValues& values,
                                    const std::string& file_name) {
  const bool is_reference = values.contains(kReferenceKey);
  std::vector<std::string> notices;
  if (is_reference)
    notices.push_back(
        fmt::format("{}: a recipe of the reference, for it has {}. What it does not give is as the "
                    "reference does it, masking for one",
                    file_name, kReferenceKey));
  std::vector<std::string> meaningless;
  for (const std::string& name : meaningless_keys())
    if (values.contains(name)) meaningless.push_back(name);
  if (!meaningless.empty())
    notices.push_back(fmt::format("{}: keys that mean nothing here: {}", file_name,
                                  fmt::join(meaningless, ", ")));
  const auto type = values.find("common.mixed_precision_dtype");
  const bool is_float16 = type == values.end() ? is_reference : is_value(type->second, "float16");
  if (recipe.common.bf16 && is_float16)
    notices.push_back(file_name + ": mixed precision is BF16 autocast here, not float16");
  return notices;
}

}  // namespace

Recipe parse_recipe(std::string_view yaml, const std::string& file_name,
                    const std::vector<std::string>& overrides) {
  YamlValues values = read_yaml(yaml, file_name);
  for (const std::string& text : overrides) apply_override(text, values);
  rename(values);
  check_names(values);
  check_fixed_keys(values);

  Recipe recipe;
  recipe.model = model_of_mode(values);
  if (values.contains(kReferenceKey)) start_as_reference(recipe);
  for (const Key& key : schema())
    if (const auto value = values.find(key.name); value != values.end())
      key.read(recipe, value->second);
  // Before the lists are spread: their length is this number.
  if (recipe.model.layers > ModelConfig::kMaxLayers)
    throw ConfigError(
        fmt::format("{}: layers is {}, but must be from 1 to {}. The paper uses 12 and 32.",
                    file_name, recipe.model.layers, ModelConfig::kMaxLayers));
  finish_model(recipe.model, values);
  check_model(recipe.model, file_name);
  check_pipelines(recipe, values, file_name);
  if (const auto input = nlohmann::json::parse(recipe.data.input, nullptr, false);
      !input.is_object())
    throw ConfigError(
        file_name +
        ": dataset.input is no JSON object. Write for instance '{\"encoding\": \"TIFF\"}'.");
  recipe.notices = notices_of(recipe, values, file_name);
  return recipe;
}

Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw IoError(fmt::format("{}: cannot be opened: {}. Give the name of a recipe, a YAML file.",
                              path, std::strerror(errno)));
  std::string text(kMaxRecipeBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A folder opens, but does not read: it must not pass for an empty recipe.
  if (in.bad() || std::filesystem::is_directory(path))
    throw IoError(path + ": cannot be read. Give a recipe, a YAML file.");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_recipe(text, path, overrides);
}

}  // namespace byteformer
