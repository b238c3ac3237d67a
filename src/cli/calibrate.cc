#include "cli/calibrate.h"

#include <fmt/format.h>

#include <vector>

#include "byteformer/error.h"
#include "cli/card.h"
#include "model/model_directory.h"

namespace byteformer {

Calibration calibrate(std::span<const JudgedFile> files, double keep) {
  constexpr std::size_t kFewest = 100;
  if (files.size() < kFewest)
    throw UsageError(
        fmt::format("--calibrate has {} files, but {} or more are needed to set a threshold by. "
                    "Give more files "
                    "that the training did not see.",
                    files.size(), kFewest));
  Calibration c;
  c.files = files.size();
  c.temperature = fitted_temperature(files);
  std::vector<double> probabilities;
  for (const JudgedFile& file : files)
    probabilities.push_back(highest_probability(file.logits, c.temperature));
  c.unknown_threshold = threshold_that_keeps(keep, probabilities);
  for (const double p : probabilities) c.unknown += p < c.unknown_threshold ? 1 : 0;
  return c;
}

std::string record_calibration(const std::string& model_directory, const Calibration& c) {
  ModelDirectory model = load_model(model_directory);
  model.temperature = c.temperature;
  model.unknown_threshold = c.unknown_threshold;
  model.card = with_line(
      model.card, "- Calibration:",
      fmt::format(" temperature {:.3f}, unknown below a probability of {:.3f} ({} of {} held-out "
                  "files); expected calibration error {:.3f}, before {:.3f}. Set by `{}`.",
                  c.temperature, c.unknown_threshold, c.unknown, c.files, c.error_after,
                  c.error_before, c.command));
  update_model_texts(model_directory, model);
  return fmt::format("temperature {:.3f}, unknown below {:.3f}. Written into {}.", c.temperature,
                     c.unknown_threshold, model_directory);
}

}  // namespace byteformer
