// byteformer-train: the command `train`, apart from byteformer because it links LibTorch.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/processors.h"
#include "cli/arguments.h"
#include "cli/exit_status.h"
#include "cli/launch.h"
#include "cli/say.h"
#include "cli/training_recipe.h"
#include "recipe/override_kwargs.h"
#include "recipe/recipe.h"
#include "train/device.h"
#include "train/kept_memory.h"
#include "train/trainer.h"

namespace {

using namespace byteformer;

int run(int argc, char** argv) {
  CLI::App app{
      "Learns a classifier from folders of files. The data is DIR/<class>/<file>, or an "
      "uncompressed tar archive of these.\n\n"
      "Examples:\n"
      "  byteformer train --data photos --output runs/photos --minutes 20\n"
      "  byteformer train --config configs/fashion-mnist-tiff.yaml --data DIR "
      "scheduler.max_epochs=3\n"
      "  byteformer train --config runs/photos/config.yaml --output runs/photos --resume\n"
      "  byteformer train --config recipe.yaml --data photos --processes 2",
      "byteformer train"};
  TrainOptions options;
  RecipeChoice choice;
  std::size_t processes = 1;
  bool help_recipe = false, print_recipe = false;
  app.add_option(
         "--config,--common.config-file", choice.config,
         "a recipe (YAML), ours or the reference's; without one, and without KEY=VALUE, it is "
         "planned from the data")
      ->type_name("RECIPE");
  app.add_option("--data", choice.data,
                 "folder or tar of classes; the recipe's dataset.root_train otherwise")
      ->type_name("DIR");
  app.add_option(
         "--minutes", choice.minutes,
         "plan a recipe that trains for about so long on this machine: model, kernel, batch, "
         "rate, epochs; default: 20")
      ->type_name("N")
      ->check(CLI::Range(0.05, 100000.0));
  app.add_option("--output", options.run_directory, "folder of the run")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_flag("--resume", options.resume, "go on with the run in --output");
  app.add_option("--threads", options.threads,
                 "threads of LibTorch; default: what the process may use")
      ->check(CLI::Range(0, 1024));
  app.add_option("--device", options.device,
                 "where the model trains: cpu, or cuda in a program that was built for it "
                 "(docs/training.md)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  bool checkpoint_activations = false;
  app.add_flag("--checkpoint-activations", checkpoint_activations,
               "less memory for a third more work: common.checkpoint_activations=true");
  app.add_option("--processes", processes,
                 "train in so many processes on this machine; on several, a launcher sets RANK, "
                 "WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT (docs/training.md)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--print-recipe", print_recipe, "show the whole recipe, every value of it, and end");
  app.add_flag("--help-recipe", help_recipe, "list the keys of a recipe");
  app.add_option("overrides", choice.overrides,
                 "key=value: replaces a value of the recipe (also behind --common.override-kwargs)")
      ->type_name("KEY=VALUE");
  options.run_directory = "runs/latest";
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::vector<std::string> of_reference =
      starting([&] { return take_override_kwargs(arguments); });
  if (shows_help(app, arguments)) return kExitDone;
  choice.overrides.insert(choice.overrides.end(), of_reference.begin(), of_reference.end());
  if (help_recipe) {
    std::fputs(recipe_help().c_str(), stdout);
    return kExitDone;
  }
  options.notice = say_line;
  const std::optional<Membership> membership = membership_from_environment();
  choice.run_directory = options.run_directory;
  choice.resume = options.resume;
  choice.device = options.device;
  choice.is_alone = (membership ? membership->size : processes) == 1;
  choice.only_shown = print_recipe;
  choice.threads = options.threads == 0 ? usable_processors() : options.threads;
  keep_freed_memory();
  const bool is_first = !membership || membership->rank == 0;
  const Notice say_once = [&](const std::string& text) {  // of many processes, and their launcher
    if (is_first && (membership || processes == 1)) options.notice(text);
  };
  options.recipe = starting([&] { return training_recipe(choice, say_once); });
  const std::string& data = choice.data;
  if (!data.empty()) options.recipe.data.train = data;
  if (checkpoint_activations) options.recipe.common.checkpoint_activations = true;
  if (print_recipe) {
    std::fputs(to_yaml(options.recipe).c_str(), stdout);
    return kExitDone;
  }
  if (options.recipe.data.train.empty())
    throw UsageError(
        "no data. Give --data DIR, a folder with one folder a class, or a recipe with "
        "dataset.root_train.");
  if (!membership && processes > 1) {
    check_device_for(options.device, processes);
    return launch_processes(processes, argv);
  }
  if (membership && processes > 1 && processes != membership->size)
    throw UsageError(
        fmt::format("--processes is {}, but WORLD_SIZE is {}. Leave --processes to training "
                    "without a launcher.",
                    processes, membership->size));
  options.membership = membership.value_or(Membership{});
  options.lost = [](const std::string& message) {
    say(message);
    std::fflush(stderr);
    std::_Exit(kExitSomeInputsFailed);
  };
  options.command = command_line("byteformer train", {argv + 1, argv + argc});
  for (const std::string& notice : options.recipe.notices) say_once(notice);
  if (train(options) == TrainResult::kDone) {
    if (is_first)
      say_line(fmt::format("done: {0}/model is the model, {0}/report.html a page to look at",
                           options.run_directory));
    return kExitDone;
  }
  if (is_first)
    say_line("stopped; to go on: " + options.command + (options.resume ? "" : " --resume"));
  return kExitStopped;
}

}  // namespace

int main(int argc, char** argv) {
  return byteformer::run_program([&] { return run(argc, argv); });
}
