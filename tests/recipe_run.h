// The whole way of one recipe of the reference, as a user goes it: train for a few steps on a small
// stand-in of its data, evaluate from the recipe, convert to a checkpoint, evaluate that, and name
// one file with the result.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "report/history.h"
#include "tests/shell.h"

namespace byteformer {

// Shared data lies beside the project. A test without it is skipped aloud, or fails where
// BYTEFORMER_REQUIRE_SHARED says that it must be there.
inline std::string shared_path(const std::string& name) {
  return std::string(BYTEFORMER_SOURCE) + "/../shared/" + name;
}

// "imagenet_jpeg_q60/conv_kernel_size=4,window_sizes=[32]", sorted; none where they are not there.
inline std::vector<std::string> reference_recipes() {
  std::set<std::string> names;
  const std::filesystem::path root = shared_path("corenet_configs");
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root, error))
    if (entry.path().extension() == ".yaml")
      names.insert((entry.path().parent_path().filename() / entry.path().stem()).string());
  return {names.begin(), names.end()};
}

struct RecipeRun {
  nlohmann::json inspected, evaluated, predicted;
  std::vector<EpochRow> history;        // of the recipe as it is
  std::vector<EpochRow> still_history;  // without random draws: each step has the same batch
  std::string error;                    // what failed; empty where nothing did
};

// Two photographs of two classes, or four words of four: batches of one or two, gradients of two
// batches a step, one step an epoch, at a rate of 3e-6. AdamW's first steps move every weight by
// the whole rate, however small its gradient, so without the recipes' thousands of steps of warm-up
// 1e-4 overshoots (JPEG q100, k 16, from one step to the next: 0.87, 3.12) and 3e-6 does not (JPEG
// q60, k 16: 0.90, 0.82, 0.77, 0.72). Losses of batches that are drawn anew say nothing after so
// few steps; a second run without random draws is there to be looked at: its loss must fall.
inline RecipeRun run_recipe(const TemporaryFolder& folder, const std::string& recipe,
                            std::size_t epochs, const std::string& overrides, int seconds) {
  const bool is_sound = recipe.starts_with("speech");
  const std::string pictures = shared_path("data/imagenet-samples.tar"),
                    train = shared_path("data/speech-train.tar"),
                    test = shared_path("data/speech-test.tar");
  const std::string data =
      is_sound
          ? "mkdir data test; tar -C data -xf '" + train +
                "' down no up yes _background_noise_; "
                "tar -C test -xf '" +
                test +
                "' down no up yes\n"
                "for w in down no up yes; do f=$(ls data/$w | head -1); t=$(ls test/$w | head -1)\n"
                "mv test/$w/$t data/$w/test.wav\n"
                "echo \"{\\\"audio_filepath\\\": \\\"$w/$f\\\", \\\"command\\\": \\\"$w\\\"}\" >> "
                "data/train_manifest.json\n"
                "echo \"{\\\"audio_filepath\\\": \\\"$w/test.wav\\\", \\\"command\\\": "
                "\\\"$w\\\"}\" >> "
                "data/test_manifest.json; done; cp data/test_manifest.json "
                "data/validation_manifest.json; ONE=data/yes/test.wav; VALUES='"
                "model.classification.n_classes=4 dataset.train_batch_size0=2' "
                "STILL='audio_augmentation.noise.enable=false audio_augmentation.roll.enable=false "
                "dataset.speech_commands_v2.mixup=false'\n"
          : "mkdir data; tar -C data -xf '" + pictures +
                "' n01440764_tench n02105412_kelpie; ONE=$(ls data/*/* | head -1); VALUES='"
                "model.classification.n_classes=2 dataset.train_batch_size0=1' "
                "STILL='image_augmentation.random_resized_crop.scale=[1,1] "
                "image_augmentation.random_resized_crop.aspect_ratio=[1,1] "
                "image_augmentation.random_horizontal_flip.enable=false "
                "image_augmentation.rand_augment.enable=false "
                "image_augmentation.random_erase.enable=false "
                "image_augmentation.shuffle_bytes.redraw=false "
                "image_augmentation.random_uniform.width_range=[0,0]'\n";
  const ShellOutcome o = run_bash(
      folder,
      "set -e\nBF='" BYTEFORMER_BIN "/byteformer'\nRECIPE='" +
          shared_path("corenet_configs/" + recipe + ".yaml") + "'\n" + data +
          "VALUES+=\" dataset.root_train=data dataset.root_val=data scheduler.warmup_iterations=0 "
          "scheduler.cosine.max_lr=3e-6 scheduler.cosine.min_lr=3e-6 "
          "scheduler.max_epochs=" +
          std::to_string(epochs) + " " + overrides +
          "\"\n"
          "$BF train --threads 1 --common.config-file \"$RECIPE\" --output run "
          "--common.override-kwargs "
          "$VALUES\n"
          "$BF train --threads 1 --common.config-file \"$RECIPE\" --output still "
          "--common.override-kwargs $VALUES $STILL ema.enable=false\n"
          "$BF encode --model run/model \"$ONE\" --output encoded\n"
          "$BF inspect \"$RECIPE\" --json --bytes $(stat -c %s encoded/*) > inspected\n"
          "$BF eval --common.config-file \"$RECIPE\" --no-report --json "
          "--model.classification.pretrained run/model --common.override-kwargs $VALUES > "
          "evaluated\n"
          "$BF convert run/model --output weights.pt\n"
          "$BF eval --common.config-file \"$RECIPE\" --no-report --json "
          "--model.classification.pretrained weights.pt --common.override-kwargs $VALUES > again\n"
          "$BF predict run/model --encode \"$ONE\" --json > predicted\n",
      seconds);
  RecipeRun run;
  if (o.status != 0) {
    run.error = "status " + std::to_string(o.status) + ": " + o.err;
    return run;
  }
  auto json_in = [&](const char* name) {
    return nlohmann::json::parse(read_file((folder.path() / name).string()));
  };
  run.inspected = json_in("inspected");
  run.evaluated = json_in("evaluated");
  run.predicted = json_in("predicted");
  auto history_in = [&](const char* name) {
    return parse_history_csv(read_file((folder.path() / name / "history.csv").string()));
  };
  run.history = history_in("run");
  run.still_history = history_in("still");
  const nlohmann::json again = json_in("again");
  for (const char* key : {"files", "failed", "top1", "top5", "loss", "confusion"})
    if (again[key] != run.evaluated[key])
      run.error += std::string(key) + " of the checkpoint is " + again[key].dump() + ", not " +
                   run.evaluated[key].dump() + ". ";
  return run;
}

}  // namespace byteformer
