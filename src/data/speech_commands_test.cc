#include "data/speech_commands.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "byteformer/error.h"
#include "codec/wav.h"
#include "tests/golden_sound.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

const std::string kManifestData = std::string(BYTEFORMER_GOLDEN) + "/audio_preprocessing/data";

void ignore(const std::string&) {}

std::string wav(std::size_t samples) {
  const std::vector<std::uint8_t> file =
      encode_wav({16000, 1, std::vector<float>(samples, 0.25F)}, WavType::kInt16);
  return {file.begin(), file.end()};
}

// Two words that are commands and three that are not, 20 clips each: 0-9 are for training, 10-14
// for validation, the rest for testing.
struct WordFolders {
  TemporaryFolder folder;

  WordFolders() {
    std::string validation, testing;
    for (const char* word : {"yes", "no", "bird", "cat", "dog"})
      for (int i = 0; i < 20; ++i) {
        const std::string name = name_of_clip(word, i);
        folder.write(name, wav(8));
        if (i >= 10) (i < 15 ? validation : testing) += name + "\n";
      }
    folder.write("validation_list.txt", validation);
    folder.write("testing_list.txt", testing);
    folder.write("_background_noise_/tap.wav", wav(1000));
    folder.write("_background_noise_/short.wav", wav(50));
    folder.write("_background_noise_/README.md", "no sound");
    folder.write("LICENSE", "no clip");
  }

  static std::string name_of_clip(const std::string& word, int i) {
    return word + "/" + (i < 10 ? "0" : "") + std::to_string(i) + ".wav";
  }

  SpeechCommands list(SpeechOptions options = {}) const {
    options.silence_length = 60;
    return list_speech_commands(folder.path().string(), options, ignore);
  }
};

std::map<std::string, std::size_t> counts(const SpeechCommands& data,
                                          const std::vector<SpeechClip>& clips) {
  std::map<std::string, std::size_t> by_name;
  const std::vector<std::size_t> numbers = class_counts(clips, data.classes.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) by_name[data.classes[i]] = numbers[i];
  return by_name;
}

TEST(SpeechCommands, ReadsTheReferencesManifests) {
  const SpeechCommands data = list_speech_commands(kManifestData, {}, ignore);
  const nlohmann::json index = golden::sound_index("audio_preprocessing");
  const std::vector<const std::vector<SpeechClip>*> splits = {&data.train, &data.validation,
                                                              &data.test};
  EXPECT_EQ(data.classes, (std::vector<std::string>{"left", "no", "silence", "unknown", "yes"}));
  EXPECT_EQ(data.noise.size(), 2U);
  for (std::size_t split = 0; split < splits.size(); ++split) {
    const nlohmann::json& expected = index["dataset"][split];
    const std::vector<std::size_t> numbers = reference_class_numbers(*splits[split]);
    ASSERT_EQ(numbers.size(), expected["items"].size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_EQ(numbers[i], expected["items"][i]["target"]);
      const std::string name = data.classes[(*splits[split])[i].sample.class_index];
      EXPECT_EQ(expected["label_to_index"][name], numbers[i]);
    }
  }
}

TEST(SpeechCommands, NamesTheLineOfAManifestThatIsWrong) {
  for (const auto& [line, what] :
       {std::pair{"{\"audio_filepath\": \"a.wav\"}", "command"},
        {"not JSON", "audio_filepath"},
        {"{\"audio_filepath\": \"b.wav\", \"command\": \"x\"}", "b.wav"},
        {"{\"audio_filepath\": 5, \"command\": \"x\"}", "audio_filepath"}}) {
    const TemporaryFolder folder;
    folder.write("a.wav", wav(8));
    folder.write("train_manifest.json",
                 "{\"audio_filepath\": \"a.wav\", \"command\": \"x\"}\n" + std::string(line));
    try {
      list_speech_commands(folder.path().string(), {}, ignore);
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      const std::string text = error.what();
      EXPECT_TRUE(text.starts_with("train_manifest.json:2: ")) << text;
      EXPECT_NE(text.find(what), std::string::npos) << text;
    }
  }
}

TEST(SpeechCommands, SplitsByTheArchivesLists) {
  const WordFolders words;
  const SpeechCommands data = words.list({.vocabulary = Vocabulary::kAllWords});
  EXPECT_EQ(data.classes, (std::vector<std::string>{"bird", "cat", "dog", "no", "yes"}));
  EXPECT_EQ(data.train.size(), 50U);
  EXPECT_EQ(data.validation.size(), 25U);
  EXPECT_EQ(data.test.size(), 25U);
  EXPECT_EQ(data.train.front().name, "bird/00.wav");
  EXPECT_EQ(data.test.back().name, "yes/19.wav");
}

TEST(SpeechCommands, CompletesTheTwelveClassesInProportionToTheCommands) {
  const WordFolders words;
  const SpeechCommands data = words.list({.unknown_percent = 41, .silence_percent = 10});
  EXPECT_EQ(data.classes, (std::vector<std::string>{"_silence_", "_unknown_", "no", "yes"}));
  EXPECT_EQ(counts(data, data.train),
            (std::map<std::string, std::size_t>{
                {"_silence_", 2}, {"_unknown_", 9}, {"no", 10}, {"yes", 10}}));
  EXPECT_EQ(counts(data, data.test),
            (std::map<std::string, std::size_t>{
                {"_silence_", 1}, {"_unknown_", 5}, {"no", 5}, {"yes", 5}}));
}

TEST(SpeechCommands, CutsSilenceFromEachSplitsOwnPartOfTheNoise) {
  const WordFolders words;
  const SpeechCommands data = words.list({.silence_percent = 1000});
  const std::vector<std::pair<const std::vector<SpeechClip>*, std::pair<std::size_t, std::size_t>>>
      parts = {{&data.train, {0, 800}}, {&data.validation, {800, 900}}, {&data.test, {900, 1000}}};
  for (const auto& [clips, part] : parts) {
    std::set<std::size_t> starts;
    for (const SpeechClip& clip : *clips) {
      if (!clip.piece) continue;
      EXPECT_GE(clip.piece->start, part.first);
      EXPECT_LE(clip.piece->start + clip.piece->length, part.second);
      EXPECT_TRUE(clip.sample.name.ends_with("tap.wav")) << clip.name;
      EXPECT_EQ(read_clip(clip).length(), 60U);
      starts.insert(clip.piece->start);
    }
    EXPECT_GT(starts.size(), 10U);
  }
}

TEST(SpeechCommands, ChoosesTheSameClipsForOneSeedAndOthersForAnother) {
  const WordFolders here, elsewhere;
  auto hash = [](const SpeechCommands& data) { return hash_of_list(data.train, data.classes); };
  const std::uint64_t expected = hash(here.list({.seed = 7}));
  EXPECT_EQ(hash(elsewhere.list({.seed = 7})), expected);
  EXPECT_NE(hash(here.list({.seed = 8})), expected);
}

TEST(SpeechCommands, KeepsTheClassesOfTheTestArchiveAsTheyAre) {
  const TemporaryFolder folder;
  for (const char* name : {"_silence_/a.wav", "_unknown_/b.wav", "_unknown_/c.wav", "yes/d.wav"})
    folder.write(name, wav(8));
  const SpeechCommands data = list_speech_commands(folder.path().string(), {}, ignore);
  EXPECT_EQ(data.train.size(), 4U);
  EXPECT_EQ(counts(data, data.train),
            (std::map<std::string, std::size_t>{{"_silence_", 1}, {"_unknown_", 2}, {"yes", 1}}));
}

TEST(SpeechCommands, SaysWhenThereIsNoNoiseForSilence) {
  const TemporaryFolder folder;
  folder.write("yes/a.wav", wav(8));
  std::string said;
  const SpeechCommands data = list_speech_commands(
      folder.path().string(), {}, [&](const std::string& message) { said += message; });
  EXPECT_EQ(data.classes, (std::vector<std::string>{"yes"}));
  EXPECT_NE(said.find("silence"), std::string::npos);
}

TEST(SpeechCommands, RefusesAFolderWithoutClips) {
  const TemporaryFolder folder;
  folder.write("notes.txt", "x");
  EXPECT_THROW(list_speech_commands(folder.path().string(), {}, ignore), UsageError);
  EXPECT_THROW(list_speech_commands(folder.path().string() + "/none", {}, ignore), UsageError);
}

}  // namespace
}  // namespace byteformer
