// A training whose data are the odd files, by every way in which a recipe reads files: what can be
// read comes, what cannot is named and left out, and nothing ends it. All that a training does with
// strangers' bytes is here, so that it runs under sanitizers without LibTorch; train itself over
// the same files is in tests/commands_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "data/loader.h"
#include "data/recipe_data.h"
#include "tests/odd_files.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

struct Way {
  std::string name;
  std::vector<std::string> recipe;
  std::vector<std::string> kinds;  // of odd.tsv that it reads; none: that is not foretold
};

const std::vector<std::string> kPictures = {"dataset.name=imagenet",
                                            "sampler.bs.crop_size_width=16",
                                            "sampler.bs.crop_size_height=16",
                                            "image_augmentation.random_resized_crop.enable=true",
                                            "image_augmentation.random_horizontal_flip.enable=true",
                                            "image_augmentation.rand_augment.enable=true",
                                            "image_augmentation.random_erase.enable=true",
                                            "image_augmentation.pil_save.enable=true"};
const std::vector<std::string> kSound = {"dataset.name=speech_commands_v2",
                                         "model.classification.n_classes=1",
                                         "audio_augmentation.set_fixed_length.length=4000",
                                         "audio_augmentation.torchaudio_save.enable=true",
                                         "audio_augmentation.noise.enable=true",
                                         "audio_augmentation.roll.enable=true",
                                         "dataset.speech_commands_v2.mixup=false"};

std::vector<std::string> with(std::vector<std::string> recipe,
                              const std::vector<std::string>& more) {
  recipe.insert(recipe.end(), more.begin(), more.end());
  return recipe;
}

std::vector<Way> ways() {
  const std::string encoding = "image_augmentation.pil_save.file_encoding=",
                    format = "audio_augmentation.torchaudio_save.format=",
                    type = "audio_augmentation.torchaudio_save.encoding_dtype=";
  std::vector<Way> all = {
      {"Files", {}, {"image", "audio", "bytes", "error"}},
      {"FilesChangedByTheirBytes",
       {"byte_augmentation.flip=true", "byte_augmentation.shift=2", "byte_augmentation.erase=1",
        "byte_augmentation.wav.speed=0.2", "byte_augmentation.wav.offset=0.1",
        "byte_augmentation.wav.gain=6", "byte_augmentation.wav.noise=0.1"},
       {}},
      {"PicturesThatEndEarly",
       with(kPictures, {"image_augmentation.read_truncated=true", encoding + "TIFF"}),
       {}},
      {"PicturesOfOtherBytes",
       with(kPictures, {encoding + "fHWC", "image_augmentation.shuffle_bytes.enable=true",
                        "image_augmentation.shuffle_bytes.mode=window_shuffle",
                        "image_augmentation.shuffle_bytes.window_size=64",
                        "image_augmentation.mask_positions.enable=true",
                        "image_augmentation.mask_positions.keep_frac=0.5",
                        "image_augmentation.random_uniform.enable=true",
                        "image_augmentation.random_uniform.width_range=[-5,5]",
                        "image_augmentation.byte_permutation.enable=true"}),
       {"image"}},
      {"SoundMixed",
       with(kSound, {format + "wav", type + "int16", "dataset.speech_commands_v2.mixup=true"}),
       {}},
      {"PicturesAndSound",
       with(with(kSound, kPictures),
            {"dataset.name=pictures_and_sound", "model.classification.n_classes=0",
             "dataset.sound.twelve_classes=false", encoding + "PNG"}),
       {}}};
  for (const char* e : {"fHWC", "fCHW", "TIFF", "PNG", "JPEG"})
    all.push_back({std::string("PicturesAs") + e, with(kPictures, {encoding + e}), {"image"}});
  for (const char* t : {"uint8", "int16", "int32", "float32"})
    all.push_back(
        {std::string("SoundAsWavOf_") + t, with(kSound, {format + "wav", type + t}), {"audio"}});
  all.push_back({"SoundAsMp3", with(kSound, {format + "mp3", type + "int16"}), {"audio"}});
  return all;
}

class OddTraining : public testing::TestWithParam<Way> {
 protected:
  // The odd files as the clips of a word, in the order of odd.tsv, and a recording of noise.
  std::string clips() {
    std::filesystem::create_directories(folder_.path() / "clips/word");
    std::filesystem::create_directories(folder_.path() / "clips/_background_noise_");
    const std::vector<OddFile> rows = odd_files();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string name = "word/" + std::to_string(i) + ".wav";
      std::filesystem::create_symlink(rows[i].path, folder_.path() / "clips" / name);
      odd_of_[name] = rows[i];
    }
    std::filesystem::create_symlink(odd_folder() + "/audio/pcm24.wav",
                                    folder_.path() / "clips/_background_noise_/tone.wav");
    return (folder_.path() / "clips").string();
  }

  TemporaryFolder folder_;
  std::map<std::string, OddFile> odd_of_;  // by the name that a batch gives it
};

TEST_P(OddTraining, GoesOnWithWhatCanBeReadAndNamesTheRest) {
  Recipe recipe = parse_recipe("", "test", with(GetParam().recipe, {"dataset.validation_share=0"}));
  recipe.data.train = recipe.data.source == Recipe::Data::Source::kAudio ? clips() : odd_folder();
  if (recipe.data.source == Recipe::Data::Source::kJoint) recipe.data.sound.train = clips();
  for (const OddFile& row : odd_files()) odd_of_[row.path] = row;

  constexpr std::size_t kMostBytes = 5000, kKernel = 32;
  const InputBytes bytes(recipe);
  const TrainingData data =
      open_training_data(recipe, bytes, kMostBytes, [](const std::string&) {});
  std::size_t notices = 0;
  Loader loader(*data.train, {8, kKernel, 2, 1},
                [&](const std::string& text) { notices += text.ends_with("skipped.") ? 1 : 0; });
  std::set<std::string> given;
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    loader.start(epoch);
    while (const std::optional<Batch> batch = loader.next()) {
      if (batch->names.empty()) continue;  // all skipped
      given.insert(batch->names.begin(), batch->names.end());
      for (std::size_t f = 0; f < batch->names.size(); ++f)
        EXPECT_GE(batch->offsets[f + 1] - batch->offsets[f], static_cast<std::int64_t>(kKernel));
      const auto [least, most] = std::minmax_element(batch->ids.begin(), batch->ids.end());
      EXPECT_GE(*least, -1);
      EXPECT_LE(*most, 255);
    }
  }
  EXPECT_FALSE(given.empty());
  EXPECT_EQ(notices, loader.skipped());
  EXPECT_GE(given.size() + loader.skipped(), data.train->size());
  if (GetParam().kinds.empty()) return;
  EXPECT_EQ(given.size() + loader.skipped(), data.train->size());
  for (std::size_t i = 0; i < data.train->size(); ++i) {
    const OddFile& odd = odd_of_.at(data.train->name(i));
    const bool is_of_kind =
        std::any_of(GetParam().kinds.begin(), GetParam().kinds.end(),
                    [&](const std::string& kind) { return odd.must.starts_with(kind); });
    const bool as_it_is = recipe.data.source == Recipe::Data::Source::kFiles;
    if (as_it_is || !odd.may_fail() || !is_of_kind) {
      EXPECT_EQ(given.contains(data.train->name(i)), is_of_kind && odd.bytes > 0) << odd.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryWay, OddTraining, testing::ValuesIn(ways()),
                         [](const auto& way) { return way.param.name; });

}  // namespace
}  // namespace byteformer
