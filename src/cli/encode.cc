#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/arguments.h"
#include "cli/codec_commands.h"
#include "cli/codec_process.h"
#include "cli/exit_status.h"
#include "cli/model_recipe.h"
#include "cli/say.h"
#include "codec/encode_image.h"
#include "data/encode_files.h"
#include "data/encode_idx.h"
#include "data/input_bytes.h"
#include "files/name.h"
#include "model/model_directory.h"
#include "recipe/recipe.h"

namespace byteformer {
namespace {

struct Options {
  std::string encoding, recipe, model, output;
  std::vector<std::string> inputs, class_names;
  std::size_t quality = kJpegQuality, resize = 0, crop = 0, limit = 0;
  std::uint64_t seed = 0;
  CodecLimits limits;
};

// IDX files carry no mark of their own but their customary name.
bool is_idx(const std::string& path) { return path.find("idx3-ubyte") != std::string::npos; }

Recipe recipe_of_model(const std::string& directory, const std::vector<std::string>& overrides) {
  const ModelDirectory model = load_model(directory);
  Recipe recipe = model_recipe(model, directory, overrides);
  const std::string notice = encoder_notice(model, InputBytes(recipe).description());
  if (!notice.empty()) say(notice);
  return recipe;
}

Recipe recipe_of_encoding(const Options& options) {
  std::vector<std::string> values = {
      "dataset.name=imagenet", "image_augmentation.pil_save.enable=true",
      "image_augmentation.pil_save.file_encoding=" + options.encoding,
      fmt::format("image_augmentation.pil_save.quality={}", options.quality)};
  if (options.resize > 0) {
    values.push_back("image_augmentation.resize.enable=true");
    values.push_back(fmt::format("image_augmentation.resize.size={}", options.resize));
    values.push_back("image_augmentation.resize.interpolation=bicubic");
  }
  if (options.crop > 0) {
    values.push_back("image_augmentation.center_crop.enable=true");
    values.push_back(fmt::format("image_augmentation.center_crop.size={}", options.crop));
  }
  return parse_recipe("", "the options", values);
}

int encode_inputs(Options options) {
  const std::vector<std::string> overrides = take_overrides(options.inputs);
  const std::size_t sources =
      !options.encoding.empty() + !options.recipe.empty() + !options.model.empty();
  if (sources != 1)
    throw UsageError(
        "what the bytes shall be is said by one of --encoding, --config and --model; give one.");
  if (options.inputs.empty())
    throw UsageError("no input. Name pictures, sound files or folders of them.");
  if (std::any_of(options.inputs.begin(), options.inputs.end(), is_idx)) {
    if (options.inputs.size() != 1 || options.encoding != "TIFF")
      throw UsageError(
          "an IDX file is encoded alone and as TIFF. Give --encoding TIFF and that file.");
    const std::size_t files = starting([&] {
      return write_idx_as_tiff(options.inputs[0], options.output, options.class_names,
                               options.limit);
    });
    say_line(fmt::format("wrote {} files to {}", files, printable(options.output)));
    return kExitDone;
  }
  const Recipe recipe = starting([&] {
    if (!options.recipe.empty()) return load_recipe(options.recipe, overrides);
    return options.model.empty() ? recipe_of_encoding(options)
                                 : recipe_of_model(options.model, overrides);
  });
  for (const std::string& notice : recipe.notices) say(notice);
  starting([&] { return check_new_folder(options.output), 0; });
  Codec codec(recipe, Codec::Data::kNone, options.limits);
  const EncodedFiles done = encode_files(
      options.inputs, options.output,
      [&](const std::string& name, std::vector<std::uint8_t> file, std::uint64_t seed) {
        return codec.encoded(name, std::move(file), seed);
      },
      InputBytes(recipe).suffix(), options.seed, say);
  say_line(fmt::format("wrote {} files to {}, {} failed", done.written, printable(options.output),
                       done.failed));
  return done.failed > 0 ? kExitSomeInputsFailed : kExitDone;
}

}  // namespace

int encode(const std::vector<std::string>& arguments) {
  CLI::App app{
      "Writes pictures and sound as the bytes that a model sees: the encoding of a recipe's "
      "evaluation, or one that is named. A file keeps its name, with the encoding's suffix; "
      "folders "
      "stay folders.\n\n"
      "Examples:\n"
      "  byteformer encode --config RECIPE.yaml photos --output encoded\n"
      "  byteformer encode --encoding JPEG --quality 60 --resize 256 --crop 224 a.png b.webp "
      "--output encoded\n"
      "  byteformer encode --encoding TIFF t10k-images-idx3-ubyte.gz --output pictures "
      "--class-names shirt,shoe",
      "byteformer encode"};
  Options options;
  app.add_option("--encoding", options.encoding, "of pictures: fCHW, fHWC, TIFF, PNG or JPEG")
      ->check(CLI::IsMember({"fCHW", "fHWC", "TIFF", "PNG", "JPEG"}));
  app.add_option("--quality", options.quality, "of JPEG")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--resize", options.resize, "pixels of the shorter side; default: as it is")
      ->check(CLI::Range(1, 16384));
  app.add_option("--crop", options.crop, "pixels of the middle square; default: the whole")
      ->check(CLI::Range(1, 16384));
  app.add_option("--config", options.recipe, "a recipe; key=value behind the inputs changes it")
      ->type_name("RECIPE");
  app.add_option("--model", options.model, "the recipe that a model was trained by")
      ->type_name("MODEL");
  app.add_option("--seed", options.seed, "of noise and random orders")->capture_default_str();
  app.add_option("inputs", options.inputs,
                 "files and folders; or an IDX file of the MNIST family, gzipped or not, with its "
                 "labels file beside it")
      ->required()
      ->type_name("FILE");
  app.add_option("--output", options.output, "a new folder")->required()->type_name("DIR");
  app.add_option(
         "--class-names", options.class_names,
         "names of an IDX file's classes 0, 1, ..., separated by commas; default: the numbers")
      ->delimiter(',')
      ->type_name("A,B,...");
  app.add_option("--limit", options.limit, "only so many pictures of an IDX file; default: all");
  add_codec_options(app, options.limits);
  if (shows_help(app, arguments)) return kExitDone;
  return encode_inputs(std::move(options));
}

}  // namespace byteformer
