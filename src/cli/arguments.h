// What the three programs do alike with their arguments.
#pragma once

#include <string>
#include <vector>

#include "byteformer/classifier.h"
#include "byteformer/error.h"

namespace CLI {
class App;
}

namespace byteformer {

// Parses the arguments after the command's name. True if help was asked for and shown. Throws
// UsageError, one line.
bool shows_help(CLI::App& app, std::vector<std::string> arguments);

// --precision auto|f32|bf16|int8.
void add_precision_option(CLI::App& app, Precision& precision);

// The program's words as a shell would take them again, behind `start`.
std::string command_line(std::string start, const std::vector<std::string>& arguments);

// Words key=value among the inputs of a command change its recipe; they are taken out and returned.
// A file of such a name stays an input.
std::vector<std::string> take_overrides(std::vector<std::string>& words);

// Throws UsageError, which ends in the remedy, where there is no such file or folder.
void check_is_there(const std::string& path, const std::string& remedy);

// Runs what must succeed before any work can start: its failure is wrong usage to a script (exit
// status 2), not a failed input.
template <class Body>
auto starting(Body body) {
  try {
    return body();
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
}

}  // namespace byteformer
