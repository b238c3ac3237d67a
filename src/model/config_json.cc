#include "model/config_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "byteformer/error.h"

namespace byteformer {
namespace {

constexpr const char* kKeys[] = {"width",       "layers",    "heads",  "ffn",
                                 "kernel_size", "windows",   "shifts", "merges",
                                 "max_tokens",  "positions", "masking"};

[[noreturn]] void wrong(const std::string& where, const char* key, const std::string& found,
                        const char* allowed) {
  throw ConfigError(
      fmt::format("{}: architecture.{} is {}, but must be {}. Train or convert the model again, or "
                  "restore the file.",
                  where, key, found, allowed));
}

// A short form of a value for messages.
std::string shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

const nlohmann::json& member(const nlohmann::json& object, const char* key,
                             const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) wrong(where, key, "missing", "there");
  return *found;
}

std::size_t number(const nlohmann::json& value, const char* key, const std::string& where) {
  const bool whole =
      value.is_number_unsigned() || (value.is_number_integer() && value.get<long long>() >= 0);
  if (!whole) wrong(where, key, shown(value), "a whole number from 0 on");
  return value.get<std::size_t>();
}

}  // namespace

nlohmann::json to_json(const ModelConfig& c) {
  return {{"width", c.width},
          {"layers", c.layers},
          {"heads", c.heads},
          {"ffn", c.ffn},
          {"kernel_size", c.kernel_size},
          {"windows", c.windows},
          {"shifts", c.shifts},
          {"merges", c.merges},
          {"max_tokens", c.max_tokens},
          {"positions", c.positions == Positions::kLearned ? "learned" : "sinusoidal"},
          {"masking", c.masking == Masking::kStrict ? "strict" : "reference"}};
}

ModelConfig config_from_json(const nlohmann::json& a, std::size_t classes,
                             const std::string& where) {
  if (!a.is_object())
    throw ConfigError(where + ": \"architecture\" is not an object. Restore the file.");
  for (const auto& [key, unused] : a.items()) {
    bool known = false;
    for (const char* k : kKeys) known |= key == k;
    if (!known)
      throw ConfigError(fmt::format(
          "{}: architecture.{} is not known to this version; known are {}. Use the version "
          "of byteformer that wrote the model, or a newer one.",
          where, shown(key), fmt::join(kKeys, ", ")));
  }
  ModelConfig c;
  auto size = [&](const char* key) { return number(member(a, key, where), key, where); };
  c.width = size("width");
  c.layers = size("layers");
  c.heads = size("heads");
  c.ffn = size("ffn");
  c.kernel_size = size("kernel_size");
  c.max_tokens = size("max_tokens");
  auto list = [&](const char* key) -> const nlohmann::json& {
    const nlohmann::json& value = member(a, key, where);
    if (!value.is_array()) wrong(where, key, shown(value), "a list with one value a layer");
    return value;
  };
  for (const auto& v : list("windows")) c.windows.push_back(number(v, "windows", where));
  for (const auto& v : list("shifts")) c.shifts.push_back(number(v, "shifts", where));
  for (const auto& v : list("merges")) {
    if (!v.is_boolean()) wrong(where, "merges", shown(v), "a list of true and false");
    c.merges.push_back(v.get<bool>());
  }
  auto choice = [&](const char* key, const char* first, const char* second) {
    const nlohmann::json& value = member(a, key, where);
    const auto* const text = value.get_ptr<const std::string*>();  // comparing JSON would copy it
    if (text != nullptr && *text == first) return true;
    if (text == nullptr || *text != second)
      wrong(where, key, shown(value), (std::string(first) + " or " + second).c_str());
    return false;
  };
  c.positions =
      choice("positions", "learned", "sinusoidal") ? Positions::kLearned : Positions::kSinusoidal;
  c.masking = choice("masking", "strict", "reference") ? Masking::kStrict : Masking::kReference;
  c.classes = classes;
  try {
    check(c);
  } catch (const ConfigError& error) {
    throw ConfigError(where + ": " + error.what());
  }
  return c;
}

}  // namespace byteformer
