#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "recipe/recipe.h"
#include "recipe/schema.h"

namespace byteformer {

std::string to_yaml(const Recipe& recipe) {
  // Keys that share their first parts stand together.
  std::vector<const Key*> keys;
  for (const Key& key : schema()) keys.push_back(&key);
  std::sort(keys.begin(), keys.end(), [](const Key* a, const Key* b) { return a->name < b->name; });
  std::string text;
  std::vector<std::string> open;
  for (const Key* key : keys) {
    std::vector<std::string> parts;
    std::istringstream in(key->name);
    for (std::string part; std::getline(in, part, '.');) parts.push_back(part);
    std::size_t common = 0;
    while (common < open.size() && common + 1 < parts.size() && open[common] == parts[common])
      ++common;
    open.resize(common);
    for (; common + 1 < parts.size(); ++common) {
      text += std::string(2 * common, ' ') + parts[common] + ":\n";
      open.push_back(parts[common]);
    }
    text += std::string(2 * common, ' ') + parts.back() + ": " + key->write(recipe) + "\n";
  }
  return text;
}

std::string recipe_help() {
  const Recipe defaults = parse_recipe("", "the defaults");
  std::string text = fmt::format(
      "{}: tiny | small | base | huge [tiny]\n    sets width, layers, ffn and the paper's lists\n",
      kModeKey);
  for (const Key& key : schema())
    text += fmt::format("{}: {} [{}]\n    {}\n", key.name, key.type, key.write(defaults), key.help);
  return text;
}

}  // namespace byteformer
