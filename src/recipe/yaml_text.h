// YAML text to dotted keys with their values and places. Guarded: a hostile text is an error before
// it can exhaust the parser's stack or memory.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>
#include <string_view>

namespace byteformer {

inline constexpr std::size_t kMaxRecipeBytes = 1 << 20;

struct YamlValue {
  YAML::Node node;
  std::string where;  // "recipe.yaml:14" or "the override key=value", for messages
};

using YamlValues = std::map<std::string, YamlValue>;  // by dotted key: "optim.weight_decay"

// Throws ConfigError with `file_name` and line: not valid YAML, a key twice, more than one
// document, nested more than 16 deep, too large.
YamlValues read_yaml(std::string_view text, const std::string& file_name);

// Replaces or adds the value that "key=value" gives. Throws ConfigError as read_yaml().
void apply_override(const std::string& text, YamlValues& values);

}  // namespace byteformer
