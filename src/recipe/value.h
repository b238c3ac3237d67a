// What a YAML value says, as a number, a truth value or a text; or a ConfigError that says where it
// stands, what it is and what is allowed.
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "recipe/yaml_text.h"

namespace byteformer {

// Throws ConfigError: "recipe.yaml:3: optim.eps is "x", but must be <allowed>."
[[noreturn]] void refuse(const YamlValue& value, const std::string& key,
                         const std::string& allowed);

// true, false, 1 or 0, in any case: also the text "false" is false.
bool bool_of(const YamlValue& value, const std::string& key);

// A scalar's text; an empty one for null.
std::string text_of(const YamlValue& value, const std::string& key);

// A list's entries. A scalar is a list too: "1,2", as the reference's command line writes lists.
std::vector<YamlValue> entries_of(const YamlValue& value);

// A text as YAML takes it on one line: in JSON's quotes.
std::string quoted(const std::string& text);

// T: bool or a number. Throws ConfigError where the value is none, out of T's range or not finite.
template <class T>
T value_of(const YamlValue& value, const std::string& key, const std::string& allowed) {
  if constexpr (std::is_same_v<T, bool>) {
    return bool_of(value, key);
  } else {
    if (!value.node.IsScalar()) refuse(value, key, allowed);
    const std::string& text = value.node.Scalar();
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) refuse(value, key, allowed);
    if constexpr (std::is_floating_point_v<T>)
      if (!std::isfinite(number)) refuse(value, key, allowed);
    return number;
  }
}

}  // namespace byteformer
