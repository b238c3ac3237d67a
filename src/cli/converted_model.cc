#include "cli/converted_model.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/atomic_file.h"
#include "byteformer/error.h"
#include "cli/exit_status.h"
#include "cli/programs.h"

namespace byteformer {
namespace {

int status_of_codec(const std::vector<std::string>& arguments) {
  const pid_t id = ::fork();
  if (id < 0)
    throw IoError(std::string("byteformer-codec cannot be started: ") + std::strerror(errno) +
                  ". Free some memory, or raise the limit of processes.");
  if (id == 0) {
    run_program([&]() -> int { start_program("byteformer-codec", arguments); });
    ::_exit(kExitWrongUsage);
  }
  return wait_for_end(id);
}

}  // namespace

ConvertedModel::ConvertedModel(const std::string& checkpoint, const Recipe& recipe,
                               const std::vector<std::string>& classes) {
  const char* temporary = std::getenv("TMPDIR");
  std::string name =
      fmt::format("{}/byteformer-converted-XXXXXX", temporary == nullptr ? "/tmp" : temporary);
  if (::mkdtemp(name.data()) == nullptr)
    throw IoError(fmt::format("{}: cannot be made: {}. Set TMPDIR to a folder that may be written.",
                              name, std::strerror(errno)));
  folder_ = name;
  std::string names;
  for (const std::string& c : classes) names += c + "\n";
  write_file_atomically(folder_ / "recipe.yaml", to_yaml(recipe));
  write_file_atomically(folder_ / "classes.txt", names);
  const int status = status_of_codec({"convert", checkpoint, "--config",
                                      (folder_ / "recipe.yaml").string(), "--class-names",
                                      (folder_ / "classes.txt").string(), "--output", directory()});
  if (status != 0) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
    throw UsageError(checkpoint +
                     ": no model could be made of it. Give a .pt file of the recipe's "
                     "architecture, or a model directory.");
  }
}

ConvertedModel::~ConvertedModel() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace byteformer
