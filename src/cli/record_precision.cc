#include "cli/record_precision.h"

#include <fmt/format.h>

#include "byteformer/error.h"
#include "cli/card.h"
#include "model/model_directory.h"

namespace byteformer {

std::string record_precision(const std::string& model_directory, const PrecisionRecord& record) {
  constexpr std::size_t kFilesPerChange = 1000;
  if (record.files < kFilesPerChange)
    throw UsageError(
        fmt::format("--record compares {} files, but {} or more are needed to tell that a "
                    "precision changes less "
                    "than one label in so many. Evaluate more files.",
                    record.files, kFilesPerChange));
  ModelDirectory model = load_model(model_directory);
  const kernels::Precision precision = *kernels::precision_named(record.precision);
  const bool is_equal =
      record.changed * kFilesPerChange <= record.files && record.top1 >= record.top1_f32;
  std::erase(model.equal_precisions, precision);
  if (is_equal) model.equal_precisions.push_back(precision);

  model.card = with_line(
      model.card, fmt::format("- Precision {}:", record.precision),
      fmt::format(
          " {:.2f} % of {} files, float32 {:.2f} %; {} labels differ ({}). Measured by `{}`.",
          100 * record.top1, record.files, 100 * record.top1_f32, record.changed, record.kernels,
          record.command));
  update_model_texts(model_directory, model);
  return fmt::format("{} changes {} of {} labels: {}. Written into {}.", record.precision,
                     record.changed, record.files,
                     is_equal ? "`--precision auto` uses it" : "`--precision auto` leaves it alone",
                     model_directory);
}

}  // namespace byteformer
