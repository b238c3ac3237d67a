#include "cli/eval_subject.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "byteformer/error.h"
#include "files/name.h"

namespace byteformer {

Subject subject_of(const Recipe& recipe, const CodecLimits& limits) {
  const std::string& weights = recipe.pretrained;
  if (weights.empty())
    throw UsageError(
        "the recipe names no weights. Give a model directory, or "
        "--model.classification.pretrained with one or with a .pt file.");
  Subject subject{weights, recipe.data.evaluated(), nullptr,
                  std::make_unique<Codec>(recipe, Codec::Data::kEvaluation, limits)};
  std::error_code no_directory;
  if (std::filesystem::is_directory(weights, no_directory)) return subject;
  const std::vector<std::string>& classes = subject.codec->facts().classes;
  if (recipe.model.classes != 0 && recipe.model.classes != classes.size())
    throw UsageError(
        fmt::format("{}: {} classes, but the recipe's model has {}, and a .pt file does not name "
                    "them. Give data of all classes, or the model that `byteformer convert "
                    "--class-names` makes of the file.",
                    printable(subject.data), classes.size(), recipe.model.classes));
  subject.converted = std::make_unique<ConvertedModel>(weights, recipe, classes);
  return subject;
}

}  // namespace byteformer
