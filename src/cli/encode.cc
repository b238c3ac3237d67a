// byteformer-codec: the command `encode`, apart from byteformer because what parses pictures never
// shares a process with a model.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "data/encode_idx.h"

namespace {

using namespace byteformer;

int run(int argc, char** argv) {
  CLI::App app{
      "Writes pictures as files in folders of classes: OUTPUT/<class>/00000.tiff ...\n\n"
      "Example:\n"
      "  byteformer encode --encoding TIFF t10k-images-idx3-ubyte.gz --output pictures "
      "--class-names shirt,shoe",
      "byteformer encode"};
  std::string encoding, images, output;
  std::vector<std::string> names;
  std::size_t limit = 0;
  app.add_option("--encoding", encoding, "TIFF (uncompressed; gray becomes three equal channels)")
      ->required()
      ->check(CLI::IsMember({"TIFF"}));
  app.add_option("images", images,
                 "an IDX file of the MNIST family, gzipped or not; its labels file lies beside it")
      ->required()
      ->type_name("IMAGES");
  app.add_option("--output", output, "a new folder")->required()->type_name("DIR");
  app.add_option("--class-names", names,
                 "names of the classes 0, 1, ..., separated by commas; default: the numbers")
      ->delimiter(',')
      ->type_name("A,B,...");
  app.add_option("--limit", limit, "only so many pictures; default: all");
  if (shows_help(app, {argv + 1, argv + argc})) return kExitDone;
  const std::size_t files = write_idx_as_tiff(images, output, names, limit);
  fmt::print(stderr, "wrote {} files to {}\n", files, output);
  return kExitDone;
}

}  // namespace

int main(int argc, char** argv) {
  return byteformer::run_program([&] { return run(argc, argv); });
}
