// byteformer: the one command that a user meets.
#include <fmt/format.h>

#include <cstdio>

#include "byteformer/error.h"
#include "byteformer/version.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/programs.h"
#include "cli/record.h"
#include "kernels/kernels.h"

namespace byteformer {
namespace {

constexpr const char* kHelp =
    "byteformer names files of any kind by their bytes, and learns to.\n\n"
    "  byteformer predict MODEL PATH...            name files, folders, or - (a stream)\n"
    "  byteformer eval MODEL --data DIR            measure a model on DIR/<class>/<file>\n"
    "  byteformer inspect MODEL|RECIPE             architecture, parameters, MACs, classes\n"
    "  byteformer train --data DIR                 learn a model from DIR/<class>/<file>\n"
    "  byteformer bench MODEL                      measure speed\n"
    "  byteformer encode --config RECIPE FILE...   write pictures and sound as a model sees them\n"
    "  byteformer convert CHECKPOINT.pt            the reference's weights to a model, and back\n"
    "  byteformer obfuscate --key KEY              permute byte values, and a model with them\n\n"
    "`byteformer COMMAND --help` says more. `--version` names the version and the compute kernels "
    "of this machine.\n"
    "Exit status: 0 all done; 1 some inputs failed (each has its record); 2 wrong usage; 75 a "
    "training was stopped.\n";

int run(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  const std::vector<std::string> arguments(argv + std::min(argc, 2), argv + argc);
  const std::string line = command_line("byteformer", {argv + std::min(argc, 1), argv + argc});
  if (command == "predict") return predict(arguments, line);
  if (command == "eval") return eval(arguments, line);
  if (command == "bench") return bench(arguments, line);
  if (command == "obfuscate") return obfuscate(arguments, line);
  if (command == "inspect") return inspect(arguments, line);
  if (command == "train") start_program("byteformer-train", arguments);
  if (command == "encode" || command == "convert")
    start_program("byteformer-codec", {argv + 1, argv + argc});
  if (command == "--version") {
    const kernels::Set& set = kernels::chosen_set();
    std::string precisions = "f32";
    if (set.bf16 != nullptr) precisions += ", bf16";
    if (set.int8 != nullptr) precisions += ", int8";
    write_out(fmt::format("byteformer {}\nkernels {} ({})\n", kVersion, set.name, precisions));
    return kExitDone;
  }
  if (command == "--help" || command == "-h") {
    write_out(kHelp);
    return kExitDone;
  }
  if (command.empty()) {
    std::fputs(kHelp, stderr);
    return kExitWrongUsage;
  }
  throw UsageError("the command \"" + command +
                   "\" is not known. There are predict, eval, inspect, train, bench, encode, "
                   "convert and obfuscate; "
                   "`byteformer --help` says more.");
}

}  // namespace

}  // namespace byteformer

int main(int argc, char** argv) {
  return byteformer::run_program([&] { return byteformer::run(argc, argv); });
}
