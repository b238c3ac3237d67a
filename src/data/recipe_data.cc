#include "data/recipe_data.h"

#include <fmt/format.h>

#include <tuple>
#include <utility>

#include "byteformer/error.h"
#include "data/loader.h"
#include "files/class_folder.h"

namespace byteformer {
namespace {

SpeechOptions listing_of(const Recipe& recipe) {
  constexpr std::size_t kTwelve = 12;
  SpeechOptions listing;
  listing.vocabulary =
      recipe.model.classes == kTwelve ? Vocabulary::kTwelve : Vocabulary::kAllWords;
  listing.silence_length = recipe.audio.samples;
  listing.seed = recipe.common.seed;
  return listing;
}

TrainingData files_to_train(const Recipe& recipe, const InputBytes& bytes, std::size_t max_bytes,
                            const Notice& notice) {
  ClassFolder folder = list_class_folder(recipe.data.train, notice);
  TrainingData data;
  data.classes = folder.classes;
  std::vector<Sample> train, validation;
  if (recipe.data.validation.empty()) {
    std::tie(train, validation) = split(folder.samples, recipe.data.validation_share);
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

TrainingData clips_to_train(const Recipe& recipe, const InputBytes& bytes, const Notice& notice) {
  const std::string &train = recipe.data.train, &root = recipe.data.validation;
  const SpeechOptions listing = listing_of(recipe);
  SpeechCommands clips = list_speech_commands(train, listing, notice);
  TrainingData data;
  data.classes = clips.classes;
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

}  // namespace

TrainingData open_training_data(const Recipe& recipe, const InputBytes& bytes,
                                std::size_t max_bytes, const Notice& notice) {
  return recipe.data.source == Recipe::Data::Source::kAudio
             ? clips_to_train(recipe, bytes, notice)
             : files_to_train(recipe, bytes, max_bytes, notice);
}

EvaluationData open_evaluation_data(const Recipe& recipe, const InputBytes& bytes,
                                    const Notice& notice) {
  const std::string& root = recipe.data.test.empty() ? recipe.data.validation : recipe.data.test;
  if (root.empty())
    throw UsageError(
        "the recipe names no data to evaluate on. Give --data DIR, or dataset.root_val=DIR.");
  EvaluationData data;
  if (recipe.data.source == Recipe::Data::Source::kAudio) {
    SpeechCommands clips = list_speech_commands(root, listing_of(recipe), notice);
    data.classes = clips.classes;
    std::vector<SpeechClip>& given = !clips.test.empty()         ? clips.test
                                     : !clips.validation.empty() ? clips.validation
                                                                 : clips.train;
    data.items = std::make_unique<ClipSet>(std::move(given), data.classes, bytes);
  } else {
    ClassFolder folder = list_class_folder(root, notice);
    data.classes = std::move(folder.classes);
    data.items = std::make_unique<FileSet>(std::move(folder.samples), bytes,
                                           FileSet::Options{0, recipe.common.seed, false});
  }
  return data;
}

}  // namespace byteformer
