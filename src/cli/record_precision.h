// What an evaluation in a reduced precision found out, written into the model directory.
#pragma once

#include <cstddef>
#include <string>

namespace byteformer {

struct PrecisionRecord {
  std::string precision, kernels;
  std::size_t files, changed;  // labels other than float32's
  double top1, top1_f32;
  std::string command;
};

// Adds a line to the card (in place of an older one of the same precision) and lists the precision
// in config.json as equal, where at most one label in a thousand changed and no fewer are right, or
// takes it out. Returns what was done. Throws UsageError for fewer than 1000 files, and what
// load_model() throws.
std::string record_precision(const std::string& model_directory, const PrecisionRecord& record);

}  // namespace byteformer
