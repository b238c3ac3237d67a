#include "model/model_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "base/atomic_file.h"
#include "byteformer/error.h"
#include "model/config_json.h"
#include "model/golden_logits.h"
#include "model/nearest_name.h"
#include "model/parameters.h"
#include "model/strict_json.h"
#include "tensor/safetensors.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kFormat = "byteformer model";
constexpr const char* kVersion = "1.0";
constexpr unsigned long kMajor = 1;
constexpr const char* kKeys[] = {"format",          "version",  "architecture", "classes",
                                 "input",           "training", "temperature",  "unknown_threshold",
                                 "equal_precisions"};
constexpr std::uintmax_t kMaxText = 64u
                                    << 20;  // config.json and README.md; a million class names fit

std::string read_text(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    throw IoError(
        path.string() + ": " +
        (fs::status_known(status) ? "is not there" : "cannot be looked up: " + error.message()) +
        ". A model is a directory with config.json and model.safetensors, as training "
        "writes it; check the name.");
  if (!fs::is_regular_file(status))
    throw IoError(path.string() + ": is no regular file. Restore it.");
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error || bytes > kMaxText)
    throw IoError(fmt::format("{}: has {} bytes, but at most {} are allowed. Restore the file.",
                              path.string(), bytes, kMaxText));
  std::ifstream in(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(bytes), '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(bytes)))
    throw IoError(path.string() + ": cannot be read. Check its permissions.");
  return text;
}

void reject_unknown_keys(const json& object, const std::string& where) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys)) continue;
    const std::string shown = key.substr(0, 60);
    const std::vector<std::string> known(std::begin(kKeys), std::end(kKeys));
    const std::string nearest = nearest_name(shown, known);
    const std::string hint =
        edit_distance(shown, nearest) <= 3 ? fmt::format("Did you mean \"{}\"? ", nearest) : "";
    throw ConfigError(fmt::format(
        "{}: the key {} is not known to this version; known are {}. {}Use the version of "
        "byteformer that wrote the model, or a newer one.",
        where, json(shown).dump(-1, ' ', false, json::error_handler_t::replace),
        fmt::join(kKeys, ", "), hint));
  }
}

std::string shown(const json& value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

const json& member(const json& object, const char* key, json::value_t type,
                   const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end())
    throw ConfigError(fmt::format("{}: \"{}\" is missing. Restore the file.", where, key));
  if (found->type() != type)
    throw ConfigError(fmt::format("{}: \"{}\" is {}, but must be {}. Restore the file.", where, key,
                                  shown(*found),
                                  type == json::value_t::object  ? "an object"
                                  : type == json::value_t::array ? "a list"
                                                                 : "a text"));
  return *found;
}

void check_format(const json& config, const std::string& where) {
  const std::string format =
      member(config, "format", json::value_t::string, where).get<std::string>();
  if (format != kFormat)
    throw ConfigError(fmt::format(
        "{}: \"format\" is {}, but must be \"{}\". Name a model directory of byteformer.", where,
        shown(format), kFormat));
  const std::string version =
      member(config, "version", json::value_t::string, where).get<std::string>();
  const std::size_t dot = version.find('.');
  auto digits = [](const std::string& s) {
    return !s.empty() && s.size() < 6 && s.find_first_not_of("0123456789") == std::string::npos;
  };
  if (dot == std::string::npos || !digits(version.substr(0, dot)) ||
      !digits(version.substr(dot + 1)))
    throw ConfigError(
        fmt::format("{}: \"version\" is {}, but must be a text such as \"{}\". Restore the file.",
                    where, shown(version), kVersion));
  if (std::stoul(version.substr(0, dot)) != kMajor)
    throw ConfigError(fmt::format(
        "{}: the format's version is {}, but this program reads 1.x. Use the version of "
        "byteformer that wrote the model.",
        where, version));
}

void check_classes(const std::vector<std::string>& classes, const std::string& where) {
  if (classes.empty())
    throw ConfigError(where +
                      ": there are no classes, but at least one is needed. Name the classes.");
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].empty())
      throw ConfigError(
          fmt::format("{}: the name of class {} is empty. Give each class a name.", where, i));
    if (!seen.insert(classes[i]).second)
      throw ConfigError(fmt::format(
          "{}: the class {} is there twice (again as number {}). Give each class a name of "
          "its own.",
          where, shown(classes[i]), i));
  }
}

void check_threshold(double threshold, const std::string& where) {
  if (!(threshold >= 0 && threshold <= 1))
    throw ConfigError(fmt::format(
        "{}: \"unknown_threshold\" is {}, but must be a probability from 0 to 1. Leave it out "
        "for none.",
        where, threshold));
}

void check_temperature(double temperature, const std::string& where) {
  if (!(temperature > 0 && temperature <= 1e6))
    throw ConfigError(fmt::format(
        "{}: \"temperature\" is {}, but must be above 0 and at most a million. Leave it "
        "out for 1.",
        where, temperature));
}

// A number of config.json that need not be there.
std::optional<double> number(const json& config, const char* key, const char* allowed,
                             const std::string& where) {
  const auto found = config.find(key);
  if (found == config.end()) return std::nullopt;
  if (!found->is_number())
    throw ConfigError(fmt::format("{}: \"{}\" is {}, but must be {}. Leave it out for none.", where,
                                  key, shown(*found), allowed));
  return found->get<double>();
}

void check_weights(const ModelConfig& config, const TensorMap& weights, const std::string& where) {
  try {
    check_tensors(config, weights, "config.json");
  } catch (const ModelError& error) {
    throw ModelError(where + ": " + error.what());
  }
  for (const auto& [name, tensor] : weights)
    if (tensor.dtype != DType::kF32 && tensor.dtype != DType::kF16 && tensor.dtype != DType::kBF16)
      throw ModelError(fmt::format(
          "{}: tensor \"{}\" has the type {}, but weights are F32, F16 or BF16. Convert it.", where,
          name, name_of(tensor.dtype)));
}

json object_of(const std::string& text, const char* key) {
  json value = text.empty() ? json::object() : StrictJson(text, key).root();
  if (!value.is_object())
    throw ConfigError(
        fmt::format("\"{}\" of a model is {}, but must be a JSON object.", key, shown(value)));
  return value;
}

std::string config_text(const ModelDirectory& model) {
  nlohmann::ordered_json config;
  config["format"] = kFormat;
  config["version"] = kVersion;
  config["architecture"] = to_json(model.config);
  config["classes"] = model.classes;
  config["input"] = object_of(model.input, "input");
  if (model.temperature != 1) config["temperature"] = model.temperature;
  if (model.unknown_threshold) config["unknown_threshold"] = *model.unknown_threshold;
  for (const kernels::Precision precision : model.equal_precisions)
    config["equal_precisions"].push_back(kernels::name_of(precision));
  config["training"] = object_of(model.training, "training");
  try {
    return config.dump(2) + "\n";
  } catch (const json::exception&) {
    throw ConfigError(
        "a class name is not valid UTF-8, which config.json needs. Rename the class (its folder).");
  }
}

// A file cannot be larger than its tensors as float32 and a header; checked before it is read into
// memory.
void check_file_bytes(const fs::path& path, std::uint64_t most) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (!error && bytes > most)
    throw ModelError(fmt::format(
        "{}: has {} bytes, but the model in config.json has at most {}. Use the weights of this "
        "config.json.",
        path.string(), bytes, most));
}

// Saving replaces a directory whole: one that was no model, named by mistake, would be lost.
void check_replaceable(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error) && !fs::is_empty(directory, error) &&
      !fs::exists(directory / "config.json", error))
    throw UsageError(directory.string() +
                     ": is there, not empty and no model, so it is not replaced. Give a new name.");
}

}  // namespace

void save_model(const fs::path& directory, const ModelDirectory& model) {
  const std::string where = directory.string();
  check_replaceable(directory);
  check_classes(model.classes, where);
  if (model.config.classes != model.classes.size())
    throw ConfigError(fmt::format(
        "{}: the architecture has {} classes, but there are {} names. Give one name a class.",
        where, model.config.classes, model.classes.size()));
  check(model.config);
  check_temperature(model.temperature, where);
  if (model.unknown_threshold) check_threshold(*model.unknown_threshold, where);
  check_weights(model.config, model.weights, where);
  const std::string config = config_text(model);
  const Safetensors golden = golden_file(golden_logits(model.config, model.weights));
  write_directory_atomically(directory, [&](const fs::path& part) {
    write_file_atomically(part / "config.json", config);
    save_safetensors(part / "model.safetensors", {model.weights, {{"format", "pt"}}});
    save_safetensors(part / "golden.safetensors", golden);
    write_file_atomically(part / "README.md", model.card);
  });
}

void update_model_texts(const fs::path& directory, const ModelDirectory& model) {
  write_file_atomically(directory / "config.json", config_text(model));
  write_file_atomically(directory / "README.md", model.card);
}

ModelDirectory load_model(const fs::path& directory) {
  const fs::path config_path = directory / "config.json",
                 weights_path = directory / "model.safetensors";
  const std::string where = config_path.string();
  const StrictJson document(read_text(config_path), where);
  const json& config = document.root();
  if (!config.is_object())
    throw ConfigError(
        fmt::format("{}: is {}, but must be an object. Restore the file.", where, shown(config)));
  check_format(config, where);  // first: another version may have other keys
  reject_unknown_keys(config, where);

  ModelDirectory model;
  for (const json& name : member(config, "classes", json::value_t::array, where)) {
    if (!name.is_string())
      throw ConfigError(
          fmt::format("{}: the class {} is no text. Restore the file.", where, shown(name)));
    model.classes.push_back(name.get<std::string>());
  }
  check_classes(model.classes, where);
  model.config = config_from_json(member(config, "architecture", json::value_t::object, where),
                                  model.classes.size(), where);
  model.input = member(config, "input", json::value_t::object, where).dump();
  model.training = member(config, "training", json::value_t::object, where).dump();
  model.temperature = number(config, "temperature", "a number above 0", where).value_or(1);
  check_temperature(model.temperature, where);
  model.unknown_threshold = number(config, "unknown_threshold", "a probability from 0 to 1", where);
  if (model.unknown_threshold) check_threshold(*model.unknown_threshold, where);

  if (config.contains("equal_precisions"))
    for (const json& name : member(config, "equal_precisions", json::value_t::array, where)) {
      const auto precision =
          name.is_string() ? kernels::precision_named(name.get<std::string>()) : std::nullopt;
      if (!precision || *precision == kernels::Precision::kF32)
        throw ConfigError(fmt::format(
            "{}: \"equal_precisions\" has {}, but may list \"bf16\" and \"int8\". Leave it out.",
            where, shown(name)));
      model.equal_precisions.push_back(*precision);
    }

  std::uint64_t most = kMaxText;
  for (const ParameterSpec& p : parameter_table(model.config))
    most += element_count(p.shape) * sizeof(float);
  check_file_bytes(weights_path, most);
  model.weights = load_safetensors(weights_path).tensors;
  check_weights(model.config, model.weights, weights_path.string());
  std::error_code ignored;
  if (fs::exists(directory / "README.md", ignored)) model.card = read_text(directory / "README.md");
  return model;
}

}  // namespace byteformer
