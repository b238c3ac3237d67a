// A model's logits on labelled files.
#pragma once

#include <cstddef>
#include <vector>

#include "byteformer/classifier.h"
#include "cli/eval_items.h"
#include "report/calibration.h"
#include "report/metrics.h"

namespace byteformer {

struct Evaluation {
  std::vector<JudgedFile> judged;  // those that did not fail
  std::size_t failed = 0;
  std::vector<std::size_t> labels;  // by file; no class for one that failed

  // As a model of that temperature claims probabilities.
  Metrics metrics(std::size_t classes, double temperature) const;
  std::size_t files_below(double threshold, double temperature) const;
};

// Files are computed in parallel, each on one thread, and counted in their order: the sums do not
// depend on the threads.
// A file that failed is said on stderr.
Evaluation evaluate(const Classifier& classifier, const EvalItems& items, unsigned threads);

}  // namespace byteformer
