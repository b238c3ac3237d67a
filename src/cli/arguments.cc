#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "files/name.h"

namespace byteformer {

bool shows_help(CLI::App& app, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::Success& help) {
    app.exit(help);
    return true;
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + ". `" + app.get_name() + " --help` says more.");
  }
  return false;
}

void add_precision_option(CLI::App& app, Precision& precision) {
  const std::map<std::string, Precision> names = {{"auto", Precision::kAuto},
                                                  {"f32", Precision::kF32},
                                                  {"bf16", Precision::kBf16},
                                                  {"int8", Precision::kInt8}};
  app.add_option_function<std::string>(
         "--precision",
         [names, &precision](const std::string& name) { precision = names.at(name); },
         "what products multiply; auto: f32, or a faster one that the model records as equal")
      ->default_str("auto")
      ->check(CLI::IsMember({"auto", "f32", "bf16", "int8"}));
}

std::vector<std::string> take_overrides(std::vector<std::string>& words) {
  std::vector<std::string> overrides;
  std::erase_if(words, [&](const std::string& word) {
    std::error_code longer_than_any_name;
    const bool is_override =
        word.find('=') != std::string::npos && !std::filesystem::exists(word, longer_than_any_name);
    if (is_override) overrides.push_back(word);
    return is_override;
  });
  return overrides;
}

void check_is_there(const std::string& path, const std::string& remedy) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return;
  throw UsageError(printable(path) + ": " +
                   (error ? "cannot be looked up: " + error.message() : "is not there") + ". " +
                   remedy);
}

std::string command_line(std::string start, const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    const bool is_plain =
        !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;#~!") == std::string::npos;
    std::string quoted;
    for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    start += " " + (is_plain ? word : "'" + quoted + "'");
  }
  return start;
}

}  // namespace byteformer
