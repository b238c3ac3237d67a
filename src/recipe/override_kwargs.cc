#include "recipe/override_kwargs.h"

#include <fmt/format.h>

#include "byteformer/error.h"

namespace byteformer {

std::vector<std::string> take_override_kwargs(std::vector<std::string>& arguments) {
  const std::string option = "--common.override-kwargs";
  std::vector<std::string> overrides, rest;
  bool taking = false;
  for (std::string& word : arguments) {
    if (word.starts_with("-")) taking = word == option;
    if (word == option) continue;
    if (taking && word.find('=') == std::string::npos)
      throw UsageError(
          fmt::format("{} {}: no value. Write key=value, such as scheduler.max_epochs=5, and put "
                      "paths before this option.",
                      option, word));
    (taking ? overrides : rest).push_back(std::move(word));
  }
  arguments = std::move(rest);
  return overrides;
}

}  // namespace byteformer
