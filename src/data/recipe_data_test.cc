#include "data/recipe_data.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"
#include "codec/wav.h"
#include "data/loader.h"
#include "files/input.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

const Notice kQuiet = [](const std::string&) {};

class RecipeData : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  void write_clip(const std::string& name) const {
    const std::vector<std::uint8_t> file =
        encode_wav({16000, 1, std::vector<float>(100, 0.25F)}, WavType::kInt16);
    folder_.write(name, std::string(file.begin(), file.end()));
  }

  std::vector<std::string> evaluated(const Recipe& recipe) const {
    const InputBytes bytes(recipe);
    const EvaluationData data = open_evaluation_data(recipe, bytes, kQuiet);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < data.items->size(); ++i) names.push_back(data.items->name(i));
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(RecipeData, AnEvaluationTakesTheTestFolderElseTheOneForValidation) {
  folder_.write("val/a/1", "x");
  folder_.write("test/a/2", "x");
  Recipe recipe;
  EXPECT_THROW(evaluated(recipe), UsageError);
  recipe.data.validation = path("val");
  EXPECT_EQ(evaluated(recipe), std::vector<std::string>{path("val/a/1")});
  recipe.data.test = path("test");
  EXPECT_EQ(evaluated(recipe), std::vector<std::string>{path("test/a/2")});
}

TEST_F(RecipeData, AnEvaluationOfSoundTakesTheSplitForTesting) {
  for (const char* name : {"data/yes/1.wav", "data/yes/2.wav", "data/yes/3.wav"}) write_clip(name);
  Recipe recipe;
  recipe.data.source = Recipe::Data::Source::kAudio;
  recipe.audio.encode.enable = true;
  recipe.data.validation = path("data");
  EXPECT_EQ(evaluated(recipe).size(), 3U) << "no lists: all there is";
  folder_.write("data/validation_list.txt", "yes/2.wav\n");
  EXPECT_EQ(evaluated(recipe), std::vector<std::string>{"yes/2.wav"});
  folder_.write("data/testing_list.txt", "yes/3.wav\n");
  EXPECT_EQ(evaluated(recipe), std::vector<std::string>{"yes/3.wav"});
}

class JointData : public RecipeData {
 protected:
  void SetUp() override {
    const std::string picture = "P6\n2 2\n255\nrgbrgbrgbrgb";
    folder_.write("photos/cat/1.ppm", picture);
    folder_.write("photos/cat/2.ppm", picture);
    folder_.write("photos/yes/1.ppm", picture);  // a class of both sides
    folder_.write("photos/yes/2.ppm", picture);
    for (const char* name : {"clips/yes/1.wav", "clips/no/1.wav", "clips/no/2.wav"})
      write_clip(name);
    folder_.write("clips/validation_list.txt", "no/2.wav\n");
    recipe_ = parse_recipe(
        "", "test",
        {"dataset.name=pictures_and_sound", "dataset.root_train=" + path("photos"),
         "dataset.sound.root_train=" + path("clips"), "dataset.sound.twelve_classes=false",
         "dataset.validation_share=0.5", "image_augmentation.pil_save.enable=true",
         "image_augmentation.pil_save.file_encoding=fHWC",
         "audio_augmentation.torchaudio_save.enable=true",
         "audio_augmentation.set_fixed_length.length=100",
         "dataset.speech_commands_v2.mixup=true"});
  }

  Recipe recipe_;
};

TEST_F(JointData, PicturesAndClipsShareABatchAndItsClasses) {
  const InputBytes bytes(recipe_);
  const TrainingData data = open_training_data(recipe_, bytes, 0, kQuiet);
  EXPECT_EQ(data.classes, (std::vector<std::string>{"cat", "no", "yes"}));
  ASSERT_EQ(data.train->size(), 4U);
  EXPECT_EQ(data.validation->size(), 3U);
  Loader loader(*data.train, {4, 4, 1, 0, true, false}, kQuiet);
  loader.start(0);
  const std::optional<Batch> batch = loader.next();
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->targets.size(), 4U);
  ASSERT_EQ(batch->mixed.size(), 4U * 3) << "a mixed clip has shares, so every item has";
  std::size_t pictures = 0, clips = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::int64_t length = batch->offsets[i + 1] - batch->offsets[i];
    const float* shares = batch->mixed.data() + 3 * i;
    EXPECT_FLOAT_EQ(shares[0] + shares[1] + shares[2], 1);
    if (length == 12) {
      ++pictures;
      EXPECT_EQ(shares[batch->targets[i]], 1) << batch->names[i];
      EXPECT_EQ(batch->targets[i], batch->names[i].find("cat") != std::string::npos ? 0 : 2);
    } else {
      ++clips;
      EXPECT_EQ(length, 58 + 4 * 100);
      EXPECT_EQ(shares[0], 0) << "no clip is a cat";
    }
  }
  EXPECT_EQ(pictures, 2U);
  EXPECT_EQ(clips, 2U);
}

TEST_F(JointData, TheCountsOfClipsAndTheHashOfTheirListAreSaid) {
  std::string said;
  const InputBytes bytes(recipe_);
  open_training_data(recipe_, bytes, 0, [&](const std::string& notice) { said += notice; });
  EXPECT_NE(said.find("no 1, yes 1; the list's hash is "), std::string::npos) << said;
}

TEST_F(JointData, AnEvaluationTakesBothSidesOrTheOneThatIsNamed) {
  recipe_.data.test = path("photos");
  EXPECT_EQ(evaluated(recipe_).size(), 4U);
  recipe_.data.sound.test = path("clips");
  EXPECT_EQ(evaluated(recipe_).size(), 5U) << "the clip for validation";
  recipe_.data.test = "";
  EXPECT_EQ(evaluated(recipe_), std::vector<std::string>{"no/2.wav"});
}

TEST_F(JointData, AFileIsAPictureOrSoundByItsBytes) {
  const InputBytes bytes(recipe_);
  const auto encoded = [&](const std::string& name) {
    return bytes.evaluation(read_input(path(name), Origin::kGiven), name, {Random(0), 0}).size();
  };
  EXPECT_EQ(encoded("photos/cat/1.ppm"), 12U);
  EXPECT_EQ(encoded("clips/no/1.wav"), 458U);
  EXPECT_NE(bytes.description().find("\"pictures\":{\"encoding\":\"fHWC\"}"), std::string::npos)
      << bytes.description();
}

}  // namespace
}  // namespace byteformer
