#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "base/atomic_file.h"
#include "byteformer/classifier.h"
#include "cli/arguments.h"
#include "cli/calibrate.h"
#include "cli/commands.h"
#include "cli/eval_items.h"
#include "cli/eval_subject.h"
#include "cli/evaluation.h"
#include "cli/evaluation_report.h"
#include "cli/exit_status.h"
#include "cli/model_recipe.h"
#include "cli/record.h"
#include "cli/record_precision.h"
#include "cli/say.h"
#include "files/name.h"
#include "model/model_directory.h"
#include "recipe/override_kwargs.h"

namespace byteformer {

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
      "weights.pt --common.override-kwargs dataset.root_val=DIR\n"
      "  byteformer eval MODEL --data held-out --calibrate --foreign other-files",
      "byteformer eval"};
  std::string config, pretrained, data, format, report = "report.html", long_files = "refuse";
  std::vector<std::string> words, foreign;
  bool json = false, no_report = false, record = false, encode = false, calibrates = false;
  double keep = 0.95;
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
  auto* calibrate_flag = app.add_flag(
      "--calibrate", calibrates,
      "set the model's temperature and its threshold of \"unknown\" on these files, which the "
      "training must not have seen, and write both into the model");
  app.add_option("--keep", keep, "share of the files of --calibrate that stay above the threshold")
      ->capture_default_str()
      ->needs(calibrate_flag)
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--foreign", foreign,
                 "folder or tar of classes that the model does not know: says how many of their "
                 "files it names all the same; may be given again")
      ->type_name("DIR")
      ->allow_extra_args(false);
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
  if ((record || calibrates) && subject.converted)
    throw UsageError(fmt::format(
        "{} writes into a model directory, and {} is a .pt file: `byteformer convert` it first.",
        record ? "--record" : "--calibrate", printable(subject.model)));
  const std::string &model = subject.model,
                    directory = subject.converted ? subject.converted->directory() : model;
  data = subject.data;
  const Classifier classifier = starting([&] { return Classifier(directory, options); });
  for (const std::string& notice : classifier.notices()) say(notice);
  if (subject.codec && !subject.converted)
    if (const std::string notice = encoder_notice(load_model(model), subject.codec->facts().input);
        !notice.empty())
      say(notice);
  if (!foreign.empty() && !calibrates && !classifier.unknown_threshold())
    throw UsageError(
        "--foreign needs a threshold, and this model has none. Add --calibrate to set one.");
  const EvalItems items = starting([&] {
    return subject.codec ? items_of_recipe(*subject.codec, classifier)
                         : items_in_folder(data, classifier, say);
  });
  const Evaluation result = evaluate(classifier, items, threads);

  const std::size_t classes = classifier.classes().size();
  double temperature = classifier.temperature();
  std::optional<double> threshold = classifier.unknown_threshold();
  std::optional<Calibration> calibration;
  std::optional<Metrics> before;
  if (calibrates) {
    calibration = calibrate(result.judged, keep);
    temperature = calibration->temperature;
    threshold = calibration->unknown_threshold;
    before = result.metrics(classes, 1);
  }
  Summary summary{
      classifier, model, data, result.metrics(classes, temperature), result.failed, temperature,
      threshold,  0,     {}};
  if (threshold) summary.unknown = result.files_below(*threshold, temperature);
  for (const std::string& other : foreign) {
    const EvalItems files = starting([&] { return foreign_items(other, classifier, say); });
    const Evaluation judged = evaluate(classifier, files, threads);
    summary.foreign.push_back({other, judged.judged.size(),
                               judged.judged.size() - judged.files_below(*threshold, temperature)});
  }

  const bool as_json =
      json || format == "json" || (format.empty() && chosen_format("", false) != Format::kTable);
  write_out(as_json ? json_of(summary) + "\n" : table_of(summary));
  if (!no_report) {
    write_file_atomically(report, page_of(summary, before, command_line));
    say("wrote " + printable(report));
  }
  if (calibration) {
    calibration->error_before = before->expected_calibration_error();
    calibration->error_after = summary.metrics.expected_calibration_error();
    calibration->command = command_line;
    say(record_calibration(model, *calibration));
  }
  if (record) {
    if (result.failed > 0)
      throw UsageError(fmt::format(
          "--record compares precisions on the same files, but {} failed. Leave them out.",
          result.failed));
    ClassifierOptions exact = options;
    exact.precision = Precision::kF32;
    const Evaluation expected = evaluate(Classifier(directory, exact), items, threads);
    std::size_t changed = 0;
    for (std::size_t i = 0; i < result.labels.size(); ++i)
      changed += result.labels[i] != expected.labels[i] ? 1 : 0;
    say(record_precision(
        model, {classifier.precision(), classifier.kernels(), summary.metrics.files(), changed,
                summary.metrics.top1(), expected.metrics(classes, 1).top1(), command_line}));
  }
  return result.failed > 0 ? kExitSomeInputsFailed : kExitDone;
}

}  // namespace byteformer
