#include "data/data_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/wav.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

const Notice kQuiet = [](const std::string&) {};

// A folder as Speech Commands has it: words, lists, background noise.
class ClipSets : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* word : {"yes", "no"})
      for (int i = 0; i < 6; ++i)
        write(std::string(word) + "/" + std::to_string(i) + ".wav", i, 900);
    write("_background_noise_/hum.wav", 3, 5000);
    folder_.write("data/validation_list.txt", "yes/4.wav\nno/4.wav\n");
    folder_.write("data/testing_list.txt", "yes/5.wav\nno/5.wav\n");
    recipe_.data.source = Recipe::Data::Source::kAudio;
    recipe_.audio.samples = 1000;
    recipe_.audio.encode.enable = recipe_.audio.noise.enable = recipe_.audio.roll.enable =
        recipe_.audio.mixup = true;
    recipe_.audio.noise.levels = {-50};
    SpeechOptions options;
    options.vocabulary = Vocabulary::kAllWords;
    data_ = list_speech_commands((folder_.path() / "data").string(), options, kQuiet);
  }

  void write(const std::string& name, int pitch, std::size_t length) {
    Waveform wave{16000, 1, {}};
    for (std::size_t i = 0; i < length; ++i)
      wave.samples.push_back(0.01F *
                             static_cast<float>((i * static_cast<std::size_t>(pitch + 1)) % 40));
    const std::vector<std::uint8_t> file = encode_wav(wave, WavType::kInt16);
    folder_.write("data/" + name, std::string(file.begin(), file.end()));
  }

  TemporaryFolder folder_;
  Recipe recipe_;
  SpeechCommands data_;
};

TEST_F(ClipSets, TrainingMixesClipsAndTheirTargets) {
  const InputBytes bytes(recipe_);
  const TrainingClipSet set(data_, recipe_.audio, 1, bytes);
  ASSERT_EQ(set.size(), 8U);
  bool mixed = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Item item = set.at(i, {0, i, 0});
    EXPECT_EQ(item.bytes.size(), 58U + 4 * 1000) << "WAV of float32";
    ASSERT_EQ(item.mixed.size(), data_.classes.size());
    float sum = 0;
    for (const float share : item.mixed) {
      sum += share;
      mixed |= share > 0 && share < 1;
    }
    EXPECT_NEAR(sum, 1, 1e-6);
    EXPECT_EQ(set.at(i, {0, i, 0}).bytes, item.bytes) << "drawn from its place alone";
    EXPECT_NE(set.at(i, {1, i, 0}).bytes, item.bytes) << "another epoch, other draws";
  }
  EXPECT_TRUE(mixed);
}

TEST_F(ClipSets, EvaluationTakesClipsAsTheyAreAndTheirLengthAlone) {
  const InputBytes bytes(recipe_);
  const ClipSet set(data_.validation, data_.classes, bytes);
  ASSERT_EQ(set.size(), 2U);
  const Item item = set.at(0, {0, 0, 0});
  EXPECT_TRUE(item.mixed.empty());
  EXPECT_EQ(item.bytes.size(), 58U + 4 * 1000);
  EXPECT_EQ(set.at(0, {5, 1, 2}).bytes, item.bytes);
  EXPECT_TRUE(std::all_of(item.bytes.end() - 400, item.bytes.end(), [](int b) { return b == 0; }))
      << "filled with zeros";
}

}  // namespace
}  // namespace byteformer
