#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>

#include "byteformer/classifier.h"
#include "cli/arguments.h"
#include "cli/codec_process.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/model_recipe.h"
#include "cli/predictor.h"
#include "cli/record.h"
#include "cli/say.h"
#include "files/walk.h"
#include "model/model_directory.h"

namespace byteformer {
namespace {

// A part of the inputs: those whose number, from 0, leaves `index` when divided by `count`.
struct Shard {
  std::size_t index = 0, count = 1;
};

Shard shard_named(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto number = [&](std::size_t begin, std::size_t end) -> std::size_t {
    std::size_t value = 0;
    const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, value);
    return error == std::errc() && stop == text.data() + end ? value : 0;
  };
  if (slash != std::string::npos) {
    const std::size_t i = number(0, slash), n = number(slash + 1, text.size());
    if (i >= 1 && i <= n) return {i - 1, n};
  }
  throw UsageError(
      fmt::format("--shard is \"{}\", but must be I/N with I from 1 to N, such as 2/8: the second "
                  "of eight parts.",
                  text));
}

std::unique_ptr<Codec> codec_of(const std::string& directory, const CodecLimits& limits) {
  const ModelDirectory model = load_model(directory);
  auto codec = starting([&] {
    return std::make_unique<Codec>(model_recipe(model, directory), Codec::Data::kNone, limits);
  });
  const std::string notice = encoder_notice(model, codec->facts().input);
  if (!notice.empty()) say(notice);
  return codec;
}

}  // namespace

int predict(const std::vector<std::string>& arguments, const std::string&) {
  CLI::App app{
      "Names files by their bytes, one record each, in the order of the inputs.\n\n"
      "Examples:\n"
      "  byteformer predict MODEL photo.tiff\n"
      "  byteformer predict MODEL folder --json | head -1\n"
      "  find . -print0 | byteformer predict MODEL --files-from - -0 --format csv\n"
      "  cat file | byteformer predict MODEL -\n"
      "  byteformer predict MODEL photo.png --encode",
      "byteformer predict"};
  std::string model, format, list, long_files = "refuse", shard_text = "1/1";
  std::vector<std::string> paths;
  ClassifierOptions options;
  CodecLimits limits;
  bool json = false, logits = false, nul = false, encode = false;
  app.add_option("model", model, "a model directory")->required()->type_name("MODEL");
  app.add_option("paths", paths, "files, folders, or - for standard input")->type_name("PATH");
  app.add_option("--files-from", list, "a file with one path a line; - for standard input")
      ->type_name("FILE");
  app.add_flag("-0,--null", nul, "paths of --files-from end with NUL bytes, not lines");
  app.add_option("--format", format, "default: table on a terminal, else jsonl")
      ->check(CLI::IsMember({"table", "jsonl", "csv"}));
  app.add_flag("--json", json, "the same as --format jsonl")->excludes("--format");
  app.add_option("--top", options.top, "so many labels in a record")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_flag("--logits", logits, "add the logits, in class order (jsonl)");
  app.add_option("--long-files", long_files,
                 "a file with more tokens than the model has positions: refuse it, or cut it")
      ->capture_default_str()
      ->check(CLI::IsMember({"refuse", "cut"}));
  app.add_option(
         "--shard", shard_text,
         "only every N-th input, from the I-th on: N machines that are given the same inputs "
         "share the work")
      ->type_name("I/N");
  app.add_flag(
      "--encode", encode,
      "the inputs are pictures or sound: each becomes the bytes that the model was trained "
      "on, as by `byteformer encode --model`, which the record's bytes then counts");
  add_codec_options(app, limits);
  add_precision_option(app, options.precision);
  app.add_option("--threads", options.threads, "default: what the process may use")
      ->check(CLI::Range(0, 1024));
  if (shows_help(app, arguments)) return kExitDone;
  if (!list.empty()) {
    const std::vector<Path> listed =
        starting([&] { return read_file_list(list, nul ? '\0' : '\n'); });
    paths.insert(paths.end(), listed.begin(), listed.end());
  } else if (paths.empty()) {
    throw UsageError("no input. Name files, folders or -, or give --files-from FILE.");
  }
  const Shard shard = shard_named(shard_text);
  options.long_files = long_files == "cut" ? LongFiles::kCut : LongFiles::kRefuse;

  const Classifier classifier = starting([&] { return Classifier(model, options); });
  for (const std::string& notice : classifier.notices()) say(notice);
  RecordWriter writer(chosen_format(format, json), logits);
  const std::unique_ptr<Codec> codec = encode ? codec_of(model, limits) : nullptr;
  Predictor predictor(classifier, options.long_files, writer, codec.get(), options.threads);
  bool is_read = true;  // the records, by somebody
  std::size_t number = 0;
  for_each_input(
      paths,
      [&](const Found& found) {
        if (number++ % shard.count == shard.index) is_read = predictor.take(found);
        return is_read;
      },
      say);
  if (is_read) predictor.flush();
  return predictor.failed() ? kExitSomeInputsFailed : kExitDone;
}

}  // namespace byteformer
