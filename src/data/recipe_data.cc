#include "data/recipe_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "byteformer/error.h"
#include "data/loader.h"
#include "files/class_folder.h"
#include "files/name.h"

namespace byteformer {
namespace {

using Source = Recipe::Data::Source;

SpeechOptions listing_of(const Recipe& recipe) {
  constexpr std::size_t kTwelve = 12;
  SpeechOptions listing;
  const bool is_twelve = recipe.data.source == Source::kJoint ? recipe.data.sound.twelve
                                                              : recipe.model.classes == kTwelve;
  listing.vocabulary = is_twelve ? Vocabulary::kTwelve : Vocabulary::kAllWords;
  listing.silence_length = recipe.audio.samples;
  listing.seed = recipe.common.seed;
  return listing;
}

TrainingData files_to_train(const Recipe& recipe, const InputBytes& bytes, std::size_t max_bytes,
                            const Notice& notice) {
  ClassFolder folder = list_class_folder(recipe.data.train, notice);
  TrainingData data;
  data.classes = folder.classes;
  SampleList train, validation;
  if (recipe.data.validation.empty()) {
    std::tie(train, validation) = split(std::move(folder.samples), recipe.data.validation_share);
  } else {
    train = std::move(folder.samples);
    ClassFolder other = list_class_folder(recipe.data.validation, notice);
    match_classes(other, data.classes);
    validation = std::move(other.samples);
  }
  FileSet::Options reading{max_bytes, recipe.common.seed, true};
  data.train = std::make_unique<FileSet>(std::move(train), bytes, reading);
  reading.augment = false;
  data.validation = std::make_unique<FileSet>(std::move(validation), bytes, reading);
  return data;
}

// What was chosen, so that two runs can be compared: the words of a list, silence and unknown are
// drawn by seed.
void say_counts(const SpeechCommands& clips, const Notice& notice) {
  const std::vector<std::size_t> counts = class_counts(clips.train, clips.classes.size());
  std::string text;
  for (std::size_t c = 0; c < counts.size(); ++c)
    text += fmt::format("{}{} {}", c > 0 ? ", " : "", printable(clips.classes[c]), counts[c]);
  notice(fmt::format("clips to train on: {}; the list's hash is {:016x}", text,
                     hash_of_list(clips.train, clips.classes)));
}

TrainingData clips_to_train(const Recipe& recipe, const InputBytes& bytes, const Notice& notice) {
  const std::string &train = recipe.data.train, &root = recipe.data.validation;
  const SpeechOptions listing = listing_of(recipe);
  SpeechCommands clips = list_speech_commands(train, listing, notice);
  TrainingData data;
  data.classes = clips.classes;
  say_counts(clips, notice);
  std::vector<SpeechClip> validation = clips.validation;
  if (!root.empty() && root != train) {
    SpeechCommands other = list_speech_commands(root, listing, notice);
    if (other.classes != clips.classes)
      throw UsageError(fmt::format(
          "{}: its classes are not those of {}. Give two folders of one vocabulary.", root, train));
    validation = other.validation.empty() ? other.train : other.validation;
  }
  data.validation = std::make_unique<ClipSet>(std::move(validation), data.classes, bytes);
  data.train =
      std::make_unique<TrainingClipSet>(std::move(clips), recipe.audio, recipe.common.seed, bytes);
  return data;
}

// The same recipe for the clips of a joint one.
Recipe sound_part(Recipe recipe) {
  recipe.data.train = recipe.data.sound.train;
  recipe.data.validation = recipe.data.sound.validation;
  recipe.data.test = recipe.data.sound.test;
  return recipe;
}

// Sorted by bytes; a class of both sides is one.
std::vector<std::string> joined(const std::vector<std::string>& a,
                                const std::vector<std::string>& b) {
  std::vector<std::string> all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

TrainingData pictures_and_clips_to_train(const Recipe& recipe, const InputBytes& bytes,
                                         std::size_t max_bytes, const Notice& notice) {
  if (recipe.data.sound.train.empty())
    throw UsageError(
        "dataset.name is pictures_and_sound, but dataset.sound.root_train names no clips. Set it.");
  TrainingData pictures = files_to_train(recipe, bytes, max_bytes, notice),
               clips = clips_to_train(sound_part(recipe), bytes, notice), data;
  data.classes = joined(pictures.classes, clips.classes);
  const std::vector<std::size_t> of_pictures = class_numbers(pictures.classes, data.classes),
                                 of_clips = class_numbers(clips.classes, data.classes);
  const auto join = [&](std::unique_ptr<DataSet> first, std::unique_ptr<DataSet> second,
                        bool mixes) {
    return std::make_unique<JointSet>(JointSet::Part{std::move(first), of_pictures},
                                      JointSet::Part{std::move(second), of_clips},
                                      data.classes.size(), mixes);
  };
  data.train = join(std::move(pictures.train), std::move(clips.train), recipe.audio.mixup);
  data.validation = join(std::move(pictures.validation), std::move(clips.validation), false);
  return data;
}

EvaluationData clips_to_evaluate(const Recipe& recipe, const InputBytes& bytes,
                                 const Notice& notice) {
  SpeechCommands clips = list_speech_commands(recipe.data.evaluated(), listing_of(recipe), notice);
  std::vector<SpeechClip>& given = !clips.test.empty()         ? clips.test
                                   : !clips.validation.empty() ? clips.validation
                                                               : clips.train;
  return {clips.classes, std::make_unique<ClipSet>(std::move(given), clips.classes, bytes)};
}

EvaluationData files_to_evaluate(const Recipe& recipe, const InputBytes& bytes,
                                 const Notice& notice) {
  ClassFolder folder = list_class_folder(recipe.data.evaluated(), notice);
  const FileSet::Options whole{0, recipe.common.seed, false};
  return {folder.classes, std::make_unique<FileSet>(std::move(folder.samples), bytes, whole)};
}

// One side may be left out, to measure the other alone.
EvaluationData pictures_and_clips_to_evaluate(const Recipe& recipe, const InputBytes& bytes,
                                              const Notice& notice) {
  const Recipe sound = sound_part(recipe);
  if (sound.data.evaluated().empty()) return files_to_evaluate(recipe, bytes, notice);
  if (recipe.data.evaluated().empty()) return clips_to_evaluate(sound, bytes, notice);
  EvaluationData pictures = files_to_evaluate(recipe, bytes, notice),
                 clips = clips_to_evaluate(sound, bytes, notice), data;
  data.classes = joined(pictures.classes, clips.classes);
  data.items = std::make_unique<JointSet>(
      JointSet::Part{std::move(pictures.items), class_numbers(pictures.classes, data.classes)},
      JointSet::Part{std::move(clips.items), class_numbers(clips.classes, data.classes)},
      data.classes.size(), false);
  return data;
}

}  // namespace

TrainingData open_training_data(const Recipe& recipe, const InputBytes& bytes,
                                std::size_t max_bytes, const Notice& notice) {
  if (recipe.data.source == Source::kJoint)
    return pictures_and_clips_to_train(recipe, bytes, max_bytes, notice);
  return recipe.data.source == Source::kAudio ? clips_to_train(recipe, bytes, notice)
                                              : files_to_train(recipe, bytes, max_bytes, notice);
}

EvaluationData open_evaluation_data(const Recipe& recipe, const InputBytes& bytes,
                                    const Notice& notice) {
  const bool is_joint = recipe.data.source == Source::kJoint;
  if (recipe.data.evaluated().empty() &&
      !(is_joint && !sound_part(recipe).data.evaluated().empty()))
    throw UsageError(
        "the recipe names no data to evaluate on. Give --data DIR, or dataset.root_val=DIR.");
  if (is_joint) return pictures_and_clips_to_evaluate(recipe, bytes, notice);
  return recipe.data.source == Source::kAudio ? clips_to_evaluate(recipe, bytes, notice)
                                              : files_to_evaluate(recipe, bytes, notice);
}

}  // namespace byteformer
