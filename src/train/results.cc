#include "train/results.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "files/name.h"

namespace byteformer {

ModelDirectory model_of(const RunFacts& run, const TensorMap& weights) {
  ModelDirectory model;
  model.config = run.recipe.model;
  model.classes = run.state.classes;
  model.input = run.input;
  const DType type = dtype_named(run.recipe.weights_type).value();  // the recipe allows three
  for (const auto& [name, tensor] : weights) model.weights[name] = tensor.converted_to(type);
  const nlohmann::json facts = {{"recipe", run.state.recipe},
                                {"data", run.state.data},
                                {"files", run.files},
                                {"epochs", run.epochs},
                                {"iterations", run.state.iteration},
                                {"validation_files", run.validation_files},
                                {"validation_top1", run.state.best}};
  model.training = facts.dump();
  model.card = fmt::format(
      "# A ByteFormer of {} classes\n\n- Trained on {} files for {} epochs ({} steps); accuracy "
      "on {} files held out: {:.2f} %.\n- Command: `{}`\n"
      "- Say here where the data is from, its licence, and what the model is not for.\n",
      run.state.classes.size(), run.files, run.epochs, run.state.iteration, run.validation_files,
      100 * run.state.best, printable(run.command));
  return model;
}

Report report_of(const RunFacts& run, const EpochRow& last, const Metrics& metrics) {
  Report report;
  report.title = "Training " + run.name;
  report.command = run.command;
  report.facts = {{"data", run.recipe.data.train},
                  {"files trained on", std::to_string(run.files)},
                  {"files validated on", std::to_string(run.validation_files)},
                  {"epochs", std::to_string(run.epochs)},
                  {"steps", std::to_string(run.state.iteration)},
                  {"best validation top-1", fmt::format("{:.2f} %", 100 * run.state.best)}};
  report.classes = run.state.classes;
  report.history = run.state.history;
  if (report.history.empty() || report.history.back().epoch != last.epoch)
    report.history.push_back(last);
  report.metrics = metrics;
  return report;
}

}  // namespace byteformer
