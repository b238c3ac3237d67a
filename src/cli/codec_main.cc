// byteformer-codec: the commands that parse what strangers made (pictures, sound, checkpoints of
// the reference), apart from byteformer because such parsers never share a process with a model.
#include "byteformer/error.h"
#include "cli/codec_commands.h"
#include "cli/exit_status.h"

namespace byteformer {
namespace {

int run(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  const std::vector<std::string> arguments(argv + (argc > 1 ? 2 : 1), argv + argc);
  if (command == "encode") return encode(arguments);
  if (command == "convert") return convert(arguments);
  if (command == "serve") return serve(arguments);
  throw UsageError("byteformer-codec has the commands encode and convert; byteformer starts it.");
}

}  // namespace
}  // namespace byteformer

int main(int argc, char** argv) {
  return byteformer::run_program([&] { return byteformer::run(argc, argv); });
}
