#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/parallel.h"
#include "byteformer/classifier.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/converted_model.h"
#include "cli/eval_items.h"
#include "cli/exit_status.h"
#include "cli/model_recipe.h"
#include "cli/record.h"
#include "cli/record_precision.h"
#include "files/name.h"
#include "model/model_directory.h"
#include "recipe/override_kwargs.h"
#include "report/html_report.h"
#include "report/metrics.h"

namespace byteformer {
namespace {

using Json = nlohmann::ordered_json;

struct Result {
  Metrics metrics;
  std::size_t failed = 0;
  std::vector<std::size_t> labels;  // by file; no class for one that failed
};

// Files are computed in parallel, each on one thread, and counted in their order: the sums do not
// depend on the threads.
Result evaluate(const Classifier& classifier, const EvalItems& items, unsigned threads) {
  constexpr std::size_t kBlock = 256;
  ThreadPool pool(threads);
  Result result{Metrics(classifier.classes().size()), 0, {}};
  for (std::size_t begin = 0; begin < items.count; begin += kBlock) {
    const std::size_t count = std::min(kBlock, items.count - begin);
    std::vector<std::vector<float>> logits(count);
    std::vector<EncodedItem> block(count);
    pool.for_each(count, [&](std::size_t i) {
      EncodedItem& item = block[i];
      item = items.at(begin + i);
      if (!item.error.empty()) return;
      try {
        logits[i] = classifier.logits(item.bytes);
      } catch (const InputError& error) {
        item.error = fmt::format("{} ({})", error.what(), name_of(error.kind()));
      }
      item.bytes = {};
    });
    for (std::size_t i = 0; i < count; ++i) {
      const auto most = std::max_element(logits[i].begin(), logits[i].end());
      result.labels.push_back(logits[i].empty()
                                  ? classifier.classes().size()
                                  : static_cast<std::size_t>(most - logits[i].begin()));
      if (!logits[i].empty()) {
        result.metrics.add(logits[i], block[i].class_index);
      } else {
        ++result.failed;
        fmt::print(stderr, "byteformer: {}: {}\n", printable(block[i].name), block[i].error);
      }
    }
  }
  return result;
}

Json json_of(const Result& r, const Classifier& classifier, const std::string& model,
             const std::string& data) {
  Json per_class = Json::array(), confusion = Json::array();
  for (std::size_t c = 0; c < r.metrics.classes(); ++c) {
    std::vector<std::size_t> row;
    for (std::size_t p = 0; p < r.metrics.classes(); ++p) row.push_back(r.metrics.count(c, p));
    per_class.push_back({{"label", classifier.classes()[c]},
                         {"files", r.metrics.files_of(c)},
                         {"recall", r.metrics.recall(c)},
                         {"precision", r.metrics.precision(c)}});
    confusion.push_back(row);
  }
  return {{"files", r.metrics.files()},
          {"failed", r.failed},
          {"top1", r.metrics.top1()},
          {"top5", r.metrics.top5()},
          {"loss", r.metrics.loss()},
          {"per_class", per_class},
          {"confusion", confusion},
          {"model", replace_invalid_utf8(model)},
          {"data", replace_invalid_utf8(data)},
          {"precision", classifier.precision()},
          {"kernels", classifier.kernels()}};
}

std::string table_of(const Result& r, const Classifier& classifier) {
  const Metrics& m = r.metrics;
  std::string text = fmt::format(
      "top-1 {:.2f} %   top-5 {:.2f} %   loss {:.4f}   {} files, {} failed   kernels {}, "
      "{}\n\n{:<20} {:>8} {:>10}\n",
      100 * m.top1(), 100 * m.top5(), m.loss(), m.files(), r.failed, classifier.kernels(),
      classifier.precision(), "class", "recall", "precision");
  for (std::size_t c = 0; c < m.classes(); ++c)
    text += fmt::format("{:<20} {:>6.1f} % {:>8.1f} %\n", printable(classifier.classes()[c]),
                        100 * m.recall(c), 100 * m.precision(c));
  return text;
}

// A model and, where its files become bytes on the way, the process that makes them.
struct Subject {
  std::string model, data;
  std::unique_ptr<ConvertedModel> converted;  // of a checkpoint
  std::unique_ptr<Codec> codec;
};

// The reference's way: weights and data stand in the recipe. Class numbers belong to the model; a
// checkpoint has no names, so its classes are those of the data, in order.
Subject subject_of(const Recipe& recipe, const CodecLimits& limits) {
  const std::string& weights = recipe.pretrained;
  if (weights.empty())
    throw UsageError(
        "the recipe names no weights. Give a model directory, or "
        "--model.classification.pretrained with one or with a .pt file.");
  Subject subject{weights, recipe.data.test.empty() ? recipe.data.validation : recipe.data.test,
                  nullptr, std::make_unique<Codec>(recipe, Codec::Data::kEvaluation, limits)};
  if (std::filesystem::is_directory(weights)) return subject;
  const std::vector<std::string>& classes = subject.codec->facts().classes;
  if (recipe.model.classes != 0 && recipe.model.classes != classes.size())
    throw UsageError(
        fmt::format("{}: {} classes, but the recipe's model has {}, and a .pt file does not name "
                    "them. Give data of all classes, or the model that `byteformer convert "
                    "--class-names` makes of the file.",
                    printable(subject.data), classes.size(), recipe.model.classes));
  subject.converted = std::make_unique<ConvertedModel>(weights, recipe, classes);
  return subject;
}

void say(const std::string& text) { fmt::print(stderr, "byteformer: {}\n", text); }

}  // namespace

int eval(const std::vector<std::string>& arguments, const std::string& command_line) {
  CLI::App app{
      "Measures a model on labelled files: DIR/<class>/<file>, or an uncompressed tar archive of "
      "these. With a recipe, or --encode, they are pictures or sound and become the recipe's "
      "bytes on the way.\n\n"
      "Examples:\n"
      "  byteformer eval MODEL --data test\n"
      "  byteformer eval MODEL --data test.tar --json > result.json\n"
      "  byteformer eval MODEL --data photos --encode\n"
      "  byteformer eval --common.config-file RECIPE.yaml --model.classification.pretrained "
      "weights.pt --common.override-kwargs dataset.root_val=DIR",
      "byteformer eval"};
  std::string config, pretrained, data, format, report = "report.html", long_files = "refuse";
  std::vector<std::string> words;
  bool json = false, no_report = false, record = false, encode = false;
  CodecLimits limits;
  unsigned threads = 0;
  ClassifierOptions options;
  app.add_option("model", words, "a model directory; and key=value, which changes the recipe")
      ->type_name("MODEL");
  app.add_option("--data", data,
                 "folder or tar of classes, named as the model's; a recipe's dataset.root_test or "
                 "root_val otherwise")
      ->type_name("DIR");
  app.add_option("--config,--common.config-file", config,
                 "a recipe, ours or the reference's, which says what the data is")
      ->type_name("RECIPE");
  app.add_option("--model.classification.pretrained", pretrained,
                 "with a recipe: a model directory, or a .pt file of the reference")
      ->type_name("WEIGHTS");
  app.add_flag("--encode", encode, "the recipe that the model was trained by, as with --config");
  add_codec_options(app, limits);
  app.add_option("--format", format, "default: table on a terminal, else json")
      ->check(CLI::IsMember({"table", "json"}));
  app.add_flag("--json", json, "the same as --format json: one object")->excludes("--format");
  app.add_option("--report", report, "the page with tables and the confusion matrix")
      ->capture_default_str()
      ->type_name("FILE");
  app.add_flag("--no-report", no_report, "write no page");
  app.add_option("--long-files", long_files,
                 "a file with more tokens than the model has positions: refuse it, or cut it")
      ->capture_default_str()
      ->check(CLI::IsMember({"refuse", "cut"}));
  add_precision_option(app, options.precision);
  app.add_flag("--record", record,
               "evaluate in float32 as well, and write into the model's card and config how the "
               "precision compares: `auto` uses one that changes at most one label in a thousand "
               "and gets no fewer right");
  app.add_option("--threads", threads, "default: what the process may use")
      ->check(CLI::Range(0, 1024));
  std::vector<std::string> plain = arguments;
  std::vector<std::string> overrides = starting([&] { return take_override_kwargs(plain); });
  if (shows_help(app, plain)) return kExitDone;
  for (std::string& text : take_overrides(words)) overrides.push_back(std::move(text));
  if (!pretrained.empty()) words.push_back(pretrained);
  if (words.size() > 1)
    throw UsageError(fmt::format("{} models, {} and {}, but one is measured at a time. Give one.",
                                 words.size(), words[0], words[1]));
  if (encode && !config.empty())
    throw UsageError("--encode takes the model's own recipe. Leave it out, or --config.");

  if (record && options.precision != Precision::kBf16 && options.precision != Precision::kInt8)
    throw UsageError("--record compares a reduced precision: give --precision bf16 or int8 too.");
  options.threads = 1;
  options.long_files = long_files == "cut" ? LongFiles::kCut : LongFiles::kRefuse;
  Subject subject;
  if (encode || !config.empty()) {
    subject = starting([&] {
      if (encode && words.empty()) throw UsageError("no model. Give a model directory.");
      Recipe recipe = encode ? model_recipe(load_model(words[0]), words[0], overrides)
                             : load_recipe(config, overrides);
      for (const std::string& notice : recipe.notices) say(notice);
      if (!words.empty()) recipe.pretrained = words[0];
      if (!data.empty()) recipe.data.test = data;
      return subject_of(recipe, limits);
    });
  } else {
    if (words.empty() || data.empty() || !overrides.empty())
      throw UsageError(
          "give a model directory and --data DIR, or --config RECIPE with what changes it. "
          "`byteformer eval --help` says more.");
    subject.model = words[0];
    subject.data = data;
  }
  const std::string &model = subject.model,
                    directory = subject.converted ? subject.converted->directory() : model;
  data = subject.data;
  const Classifier classifier = starting([&] { return Classifier(directory, options); });
  for (const std::string& notice : classifier.notices()) say(notice);
  if (subject.codec && !subject.converted)
    if (const std::string notice = encoder_notice(load_model(model), subject.codec->facts().input);
        !notice.empty())
      say(notice);
  const EvalItems items = starting([&] {
    return subject.codec ? items_of_recipe(*subject.codec, classifier)
                         : items_in_folder(data, classifier, say);
  });
  const Result result = evaluate(classifier, items, threads);

  const bool as_json =
      json || format == "json" || (format.empty() && chosen_format("", false) != Format::kTable);
  write_out(as_json ? json_of(result, classifier, model, data).dump() + "\n"
                    : table_of(result, classifier));
  if (!no_report) {
    Report page;
    page.title = "Evaluation of " + model;
    page.command = command_line;
    page.facts = {{"model", model},
                  {"data", data},
                  {"files", std::to_string(result.metrics.files())},
                  {"failed", std::to_string(result.failed)},
                  {"precision", classifier.precision()},
                  {"kernels", classifier.kernels()}};
    page.classes = classifier.classes();
    page.metrics = result.metrics;
    write_file_atomically(report, html_report(page));
    fmt::print(stderr, "byteformer: wrote {}\n", printable(report));
  }
  if (record) {
    if (subject.converted)
      throw UsageError(
          "--record writes into a model directory, and this is a .pt file: "
          "`byteformer convert` it first.");
    if (result.failed > 0)
      throw UsageError(fmt::format(
          "--record compares precisions on the same files, but {} failed. Leave them out.",
          result.failed));
    ClassifierOptions exact = options;
    exact.precision = Precision::kF32;
    const Result expected = evaluate(Classifier(directory, exact), items, threads);
    std::size_t changed = 0;
    for (std::size_t i = 0; i < result.labels.size(); ++i)
      changed += result.labels[i] != expected.labels[i] ? 1 : 0;
    say(record_precision(
        model, {classifier.precision(), classifier.kernels(), result.metrics.files(), changed,
                result.metrics.top1(), expected.metrics.top1(), command_line}));
  }
  return result.failed > 0 ? kExitSomeInputsFailed : kExitDone;
}

}  // namespace byteformer
