// The reference's 45 recipes against what its own parser made of them (tests/golden/recipes).
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "byteformer/error.h"
#include "recipe/recipe.h"
#include "recipe/reference_keys.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::string kNet = "model.classification.byteformer.";

json golden(const std::string& name) {
  std::ifstream in(fs::path(BYTEFORMER_GOLDEN) / "recipes" / name);
  return json::parse(in);
}

// Every option of a recipe as the reference resolved it, by recipe.
std::map<std::string, json> resolved_recipes() {
  const json
      resolved = golden("resolved_options.json"),
      data = golden("data_options_by_recipe.json"),
      images = golden(
          "image_training_augmentation.json")["resolved_options_the_same_in_every_image_recipe"];
  std::map<std::string, json> recipes;
  for (const auto& [name, own] : resolved["recipes"].items()) {
    json options = resolved["common"];
    options.update(own);
    if (name.starts_with("imagenet")) options.update(images);
    for (const auto& [key, value] : data[name].items()) {
      const bool is_of_model = key == "conv_kernel_size" || key == "window_sizes";
      const std::string prefix = is_of_model                    ? kNet
                                 : key.starts_with("dataset.")  ? ""
                                 : name.starts_with("imagenet") ? "image_augmentation."
                                                                : "audio_augmentation.";
      options[prefix + key] = value;
    }
    recipes[name] = options;
  }
  return recipes;
}

void flatten(const YAML::Node& node, const std::string& prefix,
             std::map<std::string, YAML::Node>& values) {
  for (const auto& entry : node) {
    const std::string name = prefix + entry.first.Scalar();
    if (entry.second.IsMap())
      flatten(entry.second, name + ".", values);
    else
      values[name] = entry.second;
  }
}

std::map<std::string, YAML::Node> written(const Recipe& recipe) {
  std::map<std::string, YAML::Node> values;
  flatten(YAML::Load(to_yaml(recipe)), "", values);
  return values;
}

bool is_equal(const YAML::Node& node, const json& value) {
  if (value.is_null()) return node.IsNull() || (node.IsScalar() && node.Scalar().empty());
  if (value.is_boolean()) return node.as<bool>() == value.get<bool>();
  if (value.is_number()) return node.as<double>() == value.get<double>();
  if (value.is_string()) return node.Scalar() == value.get<std::string>();
  for (std::size_t i = 0; i < node.size(); ++i)  // a single value serves every layer
    if (!is_equal(node[i], value[value.size() == 1 ? 0 : i])) return false;
  return node.IsSequence() && (value.size() == 1 || value.size() == node.size());
}

Recipe read_options(const json& options, const std::string& name) {
  return parse_recipe(options.dump(1), name);  // JSON is YAML
}

void expect_options(const Recipe& recipe, const json& options, const std::string& name) {
  const std::map<std::string, YAML::Node> values = written(recipe);
  std::size_t compared = 0;
  for (const auto& [key, value] : options.items()) {
    const auto found = values.find(key);
    if (found == values.end()) continue;
    ++compared;
    EXPECT_TRUE(is_equal(found->second, value))
        << name << ": " << key << " is " << found->second << ", not " << value;
  }
  EXPECT_GE(compared, 60U) << name;
}

std::vector<std::string> notices_with(const Recipe& recipe, const std::string& text) {
  std::vector<std::string> found;
  for (const std::string& notice : recipe.notices)
    if (notice.find(text) != std::string::npos) found.push_back(notice);
  return found;
}

TEST(ReferenceRecipe, ResolvedOptionsAreReadToTheSameValues) {
  const auto recipes = resolved_recipes();
  EXPECT_EQ(recipes.size(), 45U);
  for (const auto& [name, options] : recipes)
    expect_options(read_options(options, name), options, name);
}

// A recipe of sound leaves pictures as the parser has them, and the other way round.
TEST(ReferenceRecipe, WhatNoRecipeGivesIsTheParsersDefault) {
  const auto recipes = resolved_recipes();
  const json pictures = recipes.at("imagenet_file_encodings/encoding_type=TIFF.yaml"),
             sound = recipes.at("speech_commands_mp3/conv_kernel_size=4,window_size=[32].yaml");
  const auto values = written(parse_recipe("model: {classification: {name: byteformer}}", "r"));
  std::size_t compared = 0;
  for (const auto& [key, node] : values) {
    const bool is_of_pictures =
        key.starts_with("image_augmentation.") || key.starts_with("sampler.");
    const bool is_of_sound =
        key.starts_with("audio_augmentation.") || key.starts_with("dataset.speech_commands_v2.");
    const json& other = is_of_pictures ? sound : pictures;
    if (!(is_of_pictures || is_of_sound) || !other.contains(key)) continue;
    ++compared;
    EXPECT_TRUE(is_equal(node, other[key])) << key << " is " << node << ", not " << other[key];
  }
  EXPECT_GE(compared, 35U);
}

TEST(ReferenceRecipe, AnOptionThatIsNotKeptIsFixedOrSaidToMeanNothing) {
  const auto& meaningless = meaningless_keys();
  for (const char* name : {"imagenet_file_encodings/encoding_type=TIFF.yaml",
                           "speech_commands_mp3/conv_kernel_size=4,window_size=[32].yaml"}) {
    const json options = resolved_recipes().at(name);
    const std::map<std::string, YAML::Node> kept = written(read_options(options, name));
    for (const auto& [key, value] : options.items()) {
      if (kept.contains(key) || std::count(meaningless.begin(), meaningless.end(), key)) continue;
      json changed = options;
      changed[key] = "something else";
      EXPECT_THROW(read_options(changed, name), ConfigError) << key;
    }
  }
}

TEST(ReferenceRecipe, WrittenAndReadAgainIsTheSame) {
  for (const auto& [name, options] : resolved_recipes()) {
    const std::string text = to_yaml(read_options(options, name));
    const Recipe again = parse_recipe(text, name);
    EXPECT_EQ(to_yaml(again), text) << name;
    EXPECT_TRUE(again.notices.empty()) << name << ": " << again.notices.at(0);
  }
}

TEST(ReferenceRecipe, FilesOfTheReferenceAreReadUnchanged) {
  const fs::path folder = fs::path(BYTEFORMER_SOURCE) / ".." / "shared" / "corenet_configs";
  if (!fs::exists(folder)) {
    const char* required = std::getenv("BYTEFORMER_REQUIRE_SHARED");
    if (required != nullptr && std::string(required) == "1")
      FAIL() << folder << " is not there, but BYTEFORMER_REQUIRE_SHARED is 1";
    GTEST_SKIP() << folder << " is not there: the reference's recipes are not in this repository";
  }
  for (const auto& [name, options] : resolved_recipes()) {
    const Recipe recipe = load_recipe((folder / name).string());
    expect_options(recipe, options, name);
    EXPECT_EQ(to_yaml(recipe), to_yaml(read_options(options, name))) << name;
    EXPECT_EQ(recipe.model.masking, Masking::kReference) << name;
    EXPECT_EQ(notices_with(recipe, "mean nothing").size(), 1U) << name;
    EXPECT_EQ(notices_with(recipe, "float16").size(), 1U) << name;
  }
}

// Two recipes in our own words, with the keys that the reference's have.
const char* const kPictures = R"(
common: {mixed_precision: true, accum_freq: 2, tensorboard_logging: false, log_freq: 100}
dataset:
  root_train: pictures/train
  name: imagenet
  category: classification
  train_batch_size0: 16
  collate_fn_name_train: byteformer_image_collate_fn
image_augmentation:
  random_resized_crop: {enable: true, interpolation: bicubic}
  random_horizontal_flip: {enable: true}
  rand_augment: {enable: true}
  random_erase: {enable: true, p: 0.25}
  resize: {enable: true, size: 64}
  center_crop: {enable: true, size: 56}
  pil_save: {enable: true, file_encoding: fHWC}
  shuffle_bytes: {enable: true, mode: window_shuffle, window_size: 512}
  mask_positions: {enable: true, keep_frac: 0.25}
  random_uniform: {enable: true, width_range: [-20, 20]}
  byte_permutation: {enable: "false"}
sampler: {name: batch_sampler, bs: {crop_size_width: 56, crop_size_height: 48}}
optim: {name: adamw, no_decay_bn_filter_bias: true, adamw: {eps: 1.0e-7}}
scheduler: {name: cosine, is_iteration_based: false, max_epochs: 9}
model:
  classification: {name: byteformer, n_classes: 20, byteformer: {mode: tiny, window_sizes: [32]}}
  layer: {global_pool: mean, conv_init: kaiming_uniform}
)";

TEST(ReferenceRecipe, DecidesThePipelineOfPictures) {
  const Recipe r = parse_recipe(kPictures, "pictures.yaml");
  EXPECT_EQ(r.data.source, Recipe::Data::Source::kImages);
  EXPECT_EQ(r.images.crop_width, 56U);
  EXPECT_EQ(r.images.crop_height, 48U);
  EXPECT_EQ(r.images.random_resized_crop.interpolation, ImagePipeline::Interpolation::kBicubic);
  EXPECT_EQ(r.images.resize.interpolation, ImagePipeline::Interpolation::kBilinear);
  EXPECT_EQ(r.images.random_erase.p, 0.25);
  EXPECT_EQ(r.images.encode.encoding, ImagePipeline::Encoding::kFhwc);
  EXPECT_EQ(r.images.shuffle_bytes.mode, ImagePipeline::ShuffleBytes::Mode::kWindowShuffle);
  EXPECT_EQ(r.images.shuffle_bytes.window, 512U);
  EXPECT_EQ(r.images.mask_positions.keep_fraction, 0.25);
  EXPECT_EQ(r.images.random_uniform.width_range, (std::array<int, 2>{-20, 20}));
  EXPECT_FALSE(r.images.permute_bytes) << "the text \"false\" is false";
  EXPECT_EQ(r.model.classes, 20U);
  EXPECT_EQ(r.optim.eps, 1e-7);
}

TEST(ReferenceRecipe, DecidesThePipelineOfClips) {
  const Recipe r = parse_recipe(R"(
dataset:
  name: speech_commands_v2
  category: audio_classification
  speech_commands_v2: {mixup: true}
audio_augmentation:
  noise: {enable: true, levels: [-50, -40], refresh_freq: 100}
  roll: {enable: true, window: 0.2}
  set_fixed_length: {length: 8000}
  torchaudio_save: {enable: true, encoding_dtype: int16, format: wav}
model: {classification: {name: byteformer}, audio_classification: {name: byteformer}}
)",
                                "clips.yaml");
  EXPECT_EQ(r.data.source, Recipe::Data::Source::kAudio);
  EXPECT_TRUE(r.audio.mixup);
  EXPECT_EQ(r.audio.samples, 8000U);
  EXPECT_EQ(r.audio.noise.levels, (std::vector<double>{-50, -40}));
  EXPECT_EQ(r.audio.noise.refresh_every, 100U);
  EXPECT_EQ(r.audio.noise.cached_files, 10U);
  EXPECT_EQ(r.audio.roll.window, 0.2);
  EXPECT_EQ(r.audio.encode.sample_type, AudioPipeline::SampleType::kInt16);
}

TEST(ReferenceRecipe, HasTheReferencesSemanticsAndSaysSo) {
  const Recipe reference = parse_recipe("model: {classification: {name: byteformer}}", "r.yaml");
  EXPECT_EQ(reference.model.masking, Masking::kReference);
  EXPECT_EQ(reference.embedding_init, EmbeddingInit::kNormal);
  EXPECT_TRUE(reference.data.padded_batches);
  EXPECT_FALSE(reference.common.mean_accumulation);
  EXPECT_TRUE(reference.scheduler.round_rate);
  EXPECT_TRUE(reference.images.shuffle_bytes.redraw);
  EXPECT_TRUE(reference.images.read_truncated);
  EXPECT_EQ(reference.optim.beta2, 0.98);
  EXPECT_EQ(notices_with(reference, "model.classification.name").size(), 1U);

  const Recipe ours = parse_recipe("", "ours.yaml");
  EXPECT_EQ(ours.model.masking, Masking::kStrict);
  EXPECT_TRUE(ours.common.mean_accumulation);
  EXPECT_TRUE(ours.notices.empty());

  EXPECT_EQ(parse_recipe("model: {classification: {name: byteformer}}", "r.yaml",
                         {kNet + "masking=strict"})
                .model.masking,
            Masking::kStrict)
      << "what is given holds";
}

TEST(ReferenceRecipe, ASwitchTurnsEachPeculiarityOff) {
  const Recipe r = parse_recipe(
      "model: {classification: {name: byteformer}}", "r.yaml",
      {kNet + "masking=strict", kNet + "embedding_init=sinusoid", "dataset.padded_batches=false",
       "common.mean_accumulation=true", "common.mixed_precision=false",
       "scheduler.round_rate=false", "image_augmentation.shuffle_bytes.redraw=false",
       "image_augmentation.read_truncated=false"});
  EXPECT_EQ(r.model.masking, Masking::kStrict);
  EXPECT_EQ(r.embedding_init, EmbeddingInit::kSinusoid);
  EXPECT_FALSE(r.data.padded_batches);
  EXPECT_TRUE(r.common.mean_accumulation);
  EXPECT_FALSE(r.common.bf16);
  EXPECT_FALSE(r.scheduler.round_rate);
  EXPECT_FALSE(r.images.shuffle_bytes.redraw);
  EXPECT_FALSE(r.images.read_truncated);
}

TEST(ReferenceRecipe, ReportsWhatMeansNothingOnceAndTogether) {
  const Recipe r = parse_recipe(kPictures, "pictures.yaml");
  const auto notices = notices_with(r, "mean nothing");
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_NE(notices[0].find("pictures.yaml"), std::string::npos) << notices[0];
  for (const char* key : {"common.log_freq", "common.tensorboard_logging", "model.layer.conv_init"})
    EXPECT_NE(notices[0].find(key), std::string::npos) << notices[0];
  EXPECT_EQ(notices_with(r, "float16").size(), 1U);
  EXPECT_TRUE(
      notices_with(parse_recipe(kPictures, "p", {"common.mixed_precision=false"}), "float16")
          .empty());
  EXPECT_TRUE(notices_with(parse_recipe(kPictures, "p", {"common.mixed_precision_dtype=bfloat16"}),
                           "float16")
                  .empty());
}

TEST(ReferenceRecipe, AnotherValueThanTheOneThatIsDoneHereIsRefused) {
  for (const char* override_text : {"optim.name=sgd",
                                    "scheduler.is_iteration_based=true",
                                    "image_augmentation.mixup.enable=1",
                                    "model.classification.byteformer.vocab_size=300",
                                    "model.activation.name=relu",
                                    "model.classification.byteformer.dropout=0.1",
                                    "dataset.category=audio_classification",
                                    "model.classification.byteformer.stochastic_dropout=0.1",
                                    "image_augmentation.cutmix.enable=true",
                                    "scheduler.adjust_period_for_epochs=true",
                                    "dataset.collate_fn_name_val=byteformer_audio_collate_fn",
                                    "common.resume=x.pt",
                                    "image_augmentation.pil_save.enable=false",
                                    "image_augmentation.rand_augment.magnitude=31",
                                    "image_augmentation.random_uniform.width_range=[5, -5]",
                                    "image_augmentation.random_uniform.width_range=[1, 2, 3]",
                                    "image_augmentation.pil_save.file_encoding=jpeg",
                                    "sampler.bs.crop_size_width=100000",
                                    "model.classification.byteformer.n_attn_heads=4",
                                    "optim.adamw.eps=.inf"}) {
    try {
      parse_recipe(kPictures, "pictures.yaml", {override_text});
      ADD_FAILURE() << override_text << " was taken";
    } catch (const ConfigError& error) {
      const std::string key =
          std::string(override_text).substr(0, std::string(override_text).find('='));
      EXPECT_NE(std::string(error.what()).find(key == "optim.adamw.eps" ? "optim.eps" : key),
                std::string::npos)
          << error.what();
    }
  }
}

TEST(ReferenceRecipe, TheEnumeratedModelsOfTheGoldenCheckpointsAreDescribed) {
  const Recipe r =
      load_recipe((fs::path(BYTEFORMER_GOLDEN) / "checkpoint" / "d64_2layers.yaml").string());
  EXPECT_EQ(r.model.width, 64U);
  EXPECT_EQ(r.model.heads, 1U);
  EXPECT_EQ(r.model.layers, 2U);
  EXPECT_EQ(r.model.ffn, 256U);
  EXPECT_EQ(r.model.kernel_size, 4U);
  EXPECT_EQ(r.model.classes, 10U);
  EXPECT_EQ(r.model.merges, std::vector<bool>(2, true));
  EXPECT_EQ(r.ema.momentum, 0.01);
}

TEST(ReferenceRecipe, GradientClippingIsTheLongestGradient) {
  EXPECT_EQ(parse_recipe("common: {grad_clip: 2.5}", "r").optim.max_gradient_norm, 2.5);
  EXPECT_EQ(parse_recipe("common: {grad_clip: null}", "r").optim.max_gradient_norm, 0);
  EXPECT_THROW(parse_recipe("{common: {grad_clip: 1}, optim: {max_gradient_norm: 1}}", "r"),
               ConfigError);
}

TEST(ReferenceRecipe, ListsMayBeWrittenAsTheReferencesCommandLineDoes) {
  EXPECT_EQ(parse_recipe("", "r", {"image_augmentation.random_uniform.width_range=-7,9"})
                .images.random_uniform.width_range,
            (std::array<int, 2>{-7, 9}));
}

}  // namespace
}  // namespace byteformer
