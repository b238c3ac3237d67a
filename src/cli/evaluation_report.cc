#include "cli/evaluation_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/record.h"
#include "files/name.h"
#include "report/html_report.h"

namespace byteformer {
namespace {

using Json = nlohmann::ordered_json;

std::string share_of(std::size_t part, std::size_t whole) {
  return fmt::format(
      "{} of {} ({:.1f} %)", part, whole,
      whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

std::string json_of(const Summary& s) {
  Json per_class = Json::array(), confusion = Json::array();
  for (std::size_t c = 0; c < s.metrics.classes(); ++c) {
    std::vector<std::size_t> row;
    for (std::size_t p = 0; p < s.metrics.classes(); ++p) row.push_back(s.metrics.count(c, p));
    per_class.push_back({{"label", s.classifier.classes()[c]},
                         {"files", s.metrics.files_of(c)},
                         {"recall", s.metrics.recall(c)},
                         {"precision", s.metrics.precision(c)}});
    confusion.push_back(row);
  }
  Json json = {{"files", s.metrics.files()},
               {"failed", s.failed},
               {"top1", s.metrics.top1()},
               {"top5", s.metrics.top5()},
               {"loss", s.metrics.loss()},
               {"calibration_error", s.metrics.expected_calibration_error()},
               {"per_class", per_class},
               {"confusion", confusion},
               {"model", replace_invalid_utf8(s.model)},
               {"data", replace_invalid_utf8(s.data)},
               {"precision", s.classifier.precision()},
               {"kernels", s.classifier.kernels()},
               {"temperature", s.temperature}};
  if (s.unknown_threshold) {
    json["unknown_threshold"] = *s.unknown_threshold;
    json["unknown"] = s.unknown;
  }
  for (const ForeignResult& f : s.foreign)
    json["foreign"].push_back({{"data", replace_invalid_utf8(f.data)},
                               {"files", f.files},
                               {"let_through", f.let_through}});
  return json.dump();
}

std::string table_of(const Summary& s) {
  const Metrics& m = s.metrics;
  std::string text = fmt::format(
      "top-1 {:.2f} %   top-5 {:.2f} %   loss {:.4f}   {} files, {} failed   kernels {}, {}\n",
      100 * m.top1(), 100 * m.top5(), m.loss(), m.files(), s.failed, s.classifier.kernels(),
      s.classifier.precision());
  if (s.unknown_threshold)
    text += fmt::format("unknown (below {:.3f}, temperature {:.3f}): {}\n", *s.unknown_threshold,
                        s.temperature, share_of(s.unknown, m.files()));
  for (const ForeignResult& f : s.foreign)
    text += fmt::format("foreign files let through: {} of {}\n", share_of(f.let_through, f.files),
                        printable(f.data));
  text += fmt::format("\n{:<20} {:>8} {:>10}\n", "class", "recall", "precision");
  for (std::size_t c = 0; c < m.classes(); ++c)
    text += fmt::format("{:<20} {:>6.1f} % {:>8.1f} %\n", printable(s.classifier.classes()[c]),
                        100 * m.recall(c), 100 * m.precision(c));
  return text;
}

std::string page_of(const Summary& s, const std::optional<Metrics>& before,
                    const std::string& command_line) {
  Report page;
  page.title = "Evaluation of " + s.model;
  page.command = command_line;
  page.facts = {{"model", s.model},
                {"data", s.data},
                {"files", std::to_string(s.metrics.files())},
                {"failed", std::to_string(s.failed)},
                {"precision", s.classifier.precision()},
                {"kernels", s.classifier.kernels()}};
  if (s.unknown_threshold) {
    page.facts.emplace_back("temperature", fmt::format("{:.3f}", s.temperature));
    page.facts.emplace_back(fmt::format("unknown (below {:.3f})", *s.unknown_threshold),
                            share_of(s.unknown, s.metrics.files()));
  }
  for (const ForeignResult& f : s.foreign)
    page.facts.emplace_back("foreign files let through, " + f.data,
                            share_of(f.let_through, f.files));
  page.classes = s.classifier.classes();
  page.metrics = s.metrics;
  page.before = before;
  return html_report(page);
}

}  // namespace byteformer
