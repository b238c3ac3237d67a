#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/parallel.h"
#include "byteformer/classifier.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/record.h"
#include "cli/record_precision.h"
#include "files/class_folder.h"
#include "files/name.h"
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
Result evaluate(const Classifier& classifier, const std::vector<Sample>& samples, unsigned threads,
                const ReadLimit& limit) {
  constexpr std::size_t kBlock = 256;
  ThreadPool pool(threads);
  Result result{Metrics(classifier.classes().size()), 0, {}};
  for (std::size_t begin = 0; begin < samples.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, samples.size() - begin);
    std::vector<std::vector<float>> logits(count);
    std::vector<std::string> errors(count);
    pool.for_each(count, [&](std::size_t i) {
      try {
        logits[i] = classifier.logits(read_sample(samples[begin + i], limit));
      } catch (const InputError& error) {
        errors[i] = fmt::format("{} ({})", error.what(), name_of(error.kind()));
      }
    });
    for (std::size_t i = 0; i < count; ++i) {
      const Sample& sample = samples[begin + i];
      const auto most = std::max_element(logits[i].begin(), logits[i].end());
      result.labels.push_back(logits[i].empty()
                                  ? classifier.classes().size()
                                  : static_cast<std::size_t>(most - logits[i].begin()));
      if (!logits[i].empty()) {
        result.metrics.add(logits[i], sample.class_index);
      } else {
        ++result.failed;
        fmt::print(stderr, "byteformer: {}: {}\n", printable(sample.name), errors[i]);
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

}  // namespace

int eval(const std::vector<std::string>& arguments, const std::string& command_line) {
  CLI::App app{
      "Measures a model on labelled files: DIR/<class>/<file>, or an uncompressed tar archive of "
      "these.\n\n"
      "Examples:\n"
      "  byteformer eval MODEL --data test\n"
      "  byteformer eval MODEL --data test.tar --json > result.json",
      "byteformer eval"};
  std::string model, data, format, report = "report.html", long_files = "refuse";
  bool json = false, no_report = false, record = false;
  unsigned threads = 0;
  ClassifierOptions options;
  app.add_option("model", model, "a model directory")->required()->type_name("MODEL");
  app.add_option("--data", data, "folder or tar of classes, named as the model's")
      ->required()
      ->type_name("DIR");
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
  if (shows_help(app, arguments)) return kExitDone;

  if (record && options.precision != Precision::kBf16 && options.precision != Precision::kInt8)
    throw UsageError("--record compares a reduced precision: give --precision bf16 or int8 too.");
  options.threads = 1;
  options.long_files = long_files == "cut" ? LongFiles::kCut : LongFiles::kRefuse;
  const Classifier classifier = starting([&] { return Classifier(model, options); });
  const Notice say = [](const std::string& text) { fmt::print(stderr, "byteformer: {}\n", text); };
  for (const std::string& notice : classifier.notices()) say(notice);
  ClassFolder folder = starting([&] { return list_class_folder(data, say); });
  match_classes(folder, classifier.classes());
  ReadLimit limit;
  if (classifier.max_bytes() != SIZE_MAX) limit = {classifier.max_bytes() + 1, true};
  const Result result = evaluate(classifier, folder.samples, threads, limit);

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
    if (result.failed > 0)
      throw UsageError(fmt::format(
          "--record compares precisions on the same files, but {} failed. Leave them out.",
          result.failed));
    ClassifierOptions exact = options;
    exact.precision = Precision::kF32;
    const Result expected = evaluate(Classifier(model, exact), folder.samples, threads, limit);
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
