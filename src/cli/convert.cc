#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "checkpoint/pt_file.h"
#include "cli/arguments.h"
#include "cli/codec_commands.h"
#include "cli/exit_status.h"
#include "cli/say.h"
#include "data/input_bytes.h"
#include "files/input.h"
#include "files/name.h"
#include "model/model_directory.h"
#include "model/parameters.h"
#include "recipe/recipe.h"

namespace byteformer {
namespace {

const char* const kPositions = "pos_embed.pos_embed.pos_embed";

std::vector<std::string> class_names(const std::string& file, std::size_t count) {
  std::vector<std::string> names;
  if (file.empty()) {
    for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
    return names;
  }
  const std::vector<std::uint8_t> bytes = read_input(file, Origin::kGiven, {1 << 24, false});
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  if (names.size() != count)
    throw UsageError(
        fmt::format("{}: {} lines, but the model has {} classes. Give a line for each.",
                    printable(file), names.size(), count));
  return names;
}

// The first rows of the table of positions: files that are never longer need no more.
void cut_positions(TensorMap& weights, ModelConfig& config, std::size_t rows) {
  if (rows > config.max_tokens)
    throw UsageError(
        fmt::format("--max-tokens is {}, but the recipe has positions for {}. Give no more.", rows,
                    config.max_tokens));
  Tensor& table = weights.at(kPositions);  // [1, 1, max_tokens, d]
  table.data = table.data.part(0, table.data.size() / config.max_tokens * rows);
  table.shape[2] = rows;
  config.max_tokens = rows;
}

// Whether a checkpoint is the recipe's; in the words of the user, who gave these two files.
void check_fit(const std::string& checkpoint, const std::string& recipe,
               const ModelDirectory& model) {
  try {
    check_tensors(model.config, model.weights, recipe);
  } catch (const ModelError& error) {
    throw ModelError(fmt::format("{}: {}", printable(checkpoint), error.what()));
  }
}

int to_model(const std::string& checkpoint, const std::string& config, const std::string& output,
             const std::string& names, PtWeights which, std::size_t max_tokens,
             const std::vector<std::string>& overrides) {
  const Recipe recipe = starting([&] { return load_recipe(config, overrides); });
  for (const std::string& notice : recipe.notices) say(notice);
  ModelDirectory model;
  model.config = recipe.model;
  model.weights = starting([&] { return weights_in(load_pt(checkpoint), which, checkpoint); });
  // How many classes there are stands in the weights, where the recipe leaves it to its data.
  const auto classifier = model.weights.find("classifier.bias");
  if (model.config.classes == 0 && classifier != model.weights.end())
    model.config.classes = element_count(classifier->second.shape);
  model.classes = starting([&] { return class_names(names, model.config.classes); });
  starting([&] { return check_fit(checkpoint, config, model), 0; });
  if (max_tokens > 0)
    starting([&] { return cut_positions(model.weights, model.config, max_tokens), 0; });
  model.input = InputBytes(recipe).description();
  model.training = nlohmann::json{{"recipe", to_yaml(recipe)}, {"converted_from", "pt"}}.dump();
  model.card = fmt::format(
      "# A ByteFormer of {} classes, converted\n\n- From a checkpoint of the reference, by the "
      "recipe "
      "in config.json.\n- Say here where the data is from, its licence, and what the model is not "
      "for.\n",
      model.classes.size());
  save_model(output, model);
  return kExitDone;
}

int to_checkpoint(const std::string& directory, const std::string& output) {
  const ModelDirectory model = starting([&] { return load_model(directory); });
  save_pt(output, model.weights);
  return kExitDone;
}

}  // namespace

int convert(const std::vector<std::string>& arguments) {
  CLI::App app{
      "Makes a model of the reference's checkpoint (its weights, its average, its training "
      "checkpoint), and back. Nothing in a checkpoint is executed.\n\n"
      "Examples:\n"
      "  byteformer convert checkpoint.pt --config RECIPE.yaml --output models/tiff "
      "--class-names names.txt\n"
      "  byteformer convert models/tiff --output weights.pt",
      "byteformer convert"};
  std::vector<std::string> words;
  std::string config, output, names;
  bool average = false;
  std::size_t max_tokens = 0;
  app.add_option("input", words, "a .pt file, and key=value for its recipe; or a model directory")
      ->required()
      ->type_name("CHECKPOINT|MODEL");
  app.add_option("--config", config, "the recipe of a .pt file")->type_name("RECIPE");
  app.add_option("--output", output, "a model directory, or a .pt file")->required();
  app.add_option("--class-names", names, "a file with a line for each class; default: numbers")
      ->type_name("FILE");
  app.add_flag("--ema", average, "the average of a training checkpoint instead of its weights");
  app.add_option("--max-tokens", max_tokens, "keep so many rows of positions; default: all")
      ->check(CLI::Range(1, 1 << 30));
  if (shows_help(app, arguments)) return kExitDone;
  const std::vector<std::string> overrides = take_overrides(words);
  if (words.size() != 1)
    throw UsageError(fmt::format("{} inputs, but one checkpoint or model is converted at a time.",
                                 words.size()));
  check_is_there(words[0], "Give a .pt file, or a model directory.");
  if (std::filesystem::is_directory(words[0])) {
    if (!config.empty() || !overrides.empty() || !names.empty() || average || max_tokens > 0)
      throw UsageError("a model directory is written as .pt as it is: give --output alone.");
    return to_checkpoint(words[0], output);
  }
  if (config.empty())
    throw UsageError("a .pt file does not say its architecture. Give --config RECIPE.yaml.");
  return to_model(words[0], config, output, names,
                  average ? PtWeights::kAveraged : PtWeights::kTrained, max_tokens, overrides);
}

}  // namespace byteformer
