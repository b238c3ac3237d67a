// What is said of an evaluation: one JSON object, a table, a page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "byteformer/classifier.h"
#include "report/metrics.h"

namespace byteformer {

// Files of classes that the model does not know: how many it would name all the same.
struct ForeignResult {
  std::string data;
  std::size_t files, let_through;
};

// All that is said of an evaluation.
struct Summary {
  const Classifier& classifier;
  std::string model, data;
  Metrics metrics;  // at `temperature`
  std::size_t failed = 0;
  double temperature = 1;
  std::optional<double> unknown_threshold;
  std::size_t unknown = 0;
  std::vector<ForeignResult> foreign;
};

std::string json_of(const Summary& summary);  // without a line's end
std::string table_of(const Summary& summary);

// `before`: as it was without the temperature that was set just now.
std::string page_of(const Summary& summary, const std::optional<Metrics>& before,
                    const std::string& command_line);

}  // namespace byteformer
