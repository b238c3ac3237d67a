// report.html: one page, whole in one file, no script and nothing loaded from elsewhere: command,
// facts, curves (inline SVG), per-class table, confusion matrix, reliability.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/history.h"
#include "report/metrics.h"

namespace byteformer {

struct Report {
  std::string title;
  std::string command;  // that made it
  std::vector<std::pair<std::string, std::string>>
      facts;  // model, data, precision, kernels, times, ...
  std::vector<std::string> classes;
  std::vector<EpochRow> history;   // empty: no curves
  std::optional<Metrics> metrics;  // absent: no tables
  std::optional<Metrics> before;   // of the same files before calibration: a second reliability
};

std::string html_report(const Report& report);  // all texts are escaped

}  // namespace byteformer
