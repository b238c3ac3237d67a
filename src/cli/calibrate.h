// What `eval --calibrate` finds out on held-out files and writes into the model directory.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "report/calibration.h"

namespace byteformer {

struct Calibration {
  double temperature = 1, unknown_threshold = 0;
  std::size_t files = 0, unknown = 0;        // held out; of them below the threshold
  double error_before = 0, error_after = 0;  // expected calibration error
  std::string command;
};

// The temperature of the least cross entropy, and the threshold below which at most 1 - keep of the
// files are. Errors and command are left to the caller. Throws UsageError for fewer than 100 files:
// one in twenty of them would be a matter of chance.
Calibration calibrate(std::span<const JudgedFile> files, double keep);

// Writes both into config.json, and a line into the card in place of an older one. Throws what
// load_model() throws. Returns what was done.
std::string record_calibration(const std::string& model_directory, const Calibration& calibration);

}  // namespace byteformer
