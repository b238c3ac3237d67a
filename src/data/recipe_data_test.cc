#include "data/recipe_data.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"
#include "codec/wav.h"
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

}  // namespace
}  // namespace byteformer
