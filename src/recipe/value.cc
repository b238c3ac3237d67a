#include "recipe/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>

#include "byteformer/error.h"

namespace byteformer {

void refuse(const YamlValue& value, const std::string& key, const std::string& allowed) {
  std::string found;
  if (value.node.IsScalar())
    found = "\"" + value.node.Scalar() + "\"";
  else if (value.node.IsSequence())
    found = fmt::format("a list of {} entries", value.node.size());
  else
    found = value.node.IsMap() ? "a group of keys" : "empty";
  throw ConfigError(fmt::format("{}: {} is {}, but must be {}.", value.where, key, found, allowed));
}

bool bool_of(const YamlValue& value, const std::string& key) {
  if (value.node.IsScalar()) {
    std::string text = value.node.Scalar();
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
  }
  refuse(value, key, "true or false");
}

std::string text_of(const YamlValue& value, const std::string& key) {
  if (value.node.IsNull()) return "";
  if (!value.node.IsScalar()) refuse(value, key, "a text");
  return value.node.Scalar();
}

std::vector<YamlValue> entries_of(const YamlValue& value) {
  std::vector<YamlValue> entries;
  if (value.node.IsScalar()) {
    std::istringstream in(value.node.Scalar());
    for (std::string entry; std::getline(in, entry, ',');)
      entries.push_back({YAML::Node(entry), value.where});
  }
  if (value.node.IsSequence())
    for (const YAML::Node& entry : value.node) entries.push_back({entry, value.where});
  return entries;
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace byteformer
