#include "data/training_clips.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>

#include "byteformer/error.h"
#include "data/sound_augmentation.h"

namespace byteformer {
namespace {

SpeechCommands golden_data() {
  return list_speech_commands(std::string(BYTEFORMER_GOLDEN) + "/audio_preprocessing/data", {},
                              [](const std::string&) {});
}

const SoundAugmentation kNone = {.length = 1000, .noise = false, .roll = false, .mixup = false};

TEST(NoiseRecordings, FillsTheSlotsInARoundAndChangesThemAfterAHundredClips) {
  const NoiseRecordings two(std::vector<Sample>(2), 3);
  for (std::size_t slot = 2; slot < NoiseRecordings::kSlots; ++slot)
    EXPECT_EQ(two.recording_in(0, slot), two.recording_in(0, slot - 2));
  EXPECT_NE(two.recording_in(0, 0), two.recording_in(0, 1));

  const NoiseRecordings many(std::vector<Sample>(25), 3);
  auto slots = [&](std::uint64_t clip) {
    std::vector<std::size_t> recordings;
    for (std::size_t slot = 0; slot < NoiseRecordings::kSlots; ++slot)
      recordings.push_back(many.recording_in(clip, slot));
    return recordings;
  };
  EXPECT_EQ(slots(0), slots(99));
  EXPECT_EQ(slots(100), slots(199));
  std::set<std::size_t> seen;
  for (const std::uint64_t clip : {0, 100, 200})
    for (const std::size_t recording : slots(clip)) seen.insert(recording);
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_EQ(slots(200)[5], slots(0)[0]);  // 25 and it begins again
}

TEST(TrainingClips, GivesTheClipItselfWhereNothingIsDrawn) {
  TrainingClips clips(golden_data(), kNone, 1);
  ASSERT_EQ(clips.size(), 5U);
  const TrainingClip clip = clips.at(0, 0, 1);
  EXPECT_EQ(clip.waveform.samples, with_length(read_clip(golden_data().train[1]), 1000).samples);
  EXPECT_EQ(clip.target, (std::vector<float>{0, 0, 0, 1, 0}));
}

TEST(TrainingClips, EachAugmentationChangesTheClip) {
  const std::vector<float> plain =
      TrainingClips(golden_data(), kNone, 1).at(0, 0, 0).waveform.samples;
  for (bool SoundAugmentation::*part :
       {&SoundAugmentation::noise, &SoundAugmentation::roll, &SoundAugmentation::mixup}) {
    SoundAugmentation augmentation = kNone;
    augmentation.*part = true;
    EXPECT_NE(TrainingClips(golden_data(), augmentation, 1).at(0, 0, 0).waveform.samples, plain);
  }
}

TEST(TrainingClips, DependsOnSeedEpochAndPositionAlone) {
  const SoundAugmentation all = {.length = 1000};
  TrainingClips clips(golden_data(), all, 1), again(golden_data(), all, 1),
      other(golden_data(), all, 2);
  const TrainingClip expected = clips.at(3, 7, 0);
  std::vector<TrainingClip> got(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < got.size(); ++i)
    threads.emplace_back([&, i] {
      again.at(0, i, i);
      got[i] = again.at(3, 7, 0);
    });
  for (std::thread& thread : threads) thread.join();
  for (const TrainingClip& clip : got) {
    EXPECT_EQ(clip.waveform.samples, expected.waveform.samples);
    EXPECT_EQ(clip.target, expected.target);
  }
  EXPECT_NE(clips.at(4, 7, 0).waveform.samples, expected.waveform.samples);
  EXPECT_NE(clips.at(3, 8, 0).waveform.samples, expected.waveform.samples);
  EXPECT_NE(other.at(3, 7, 0).waveform.samples, expected.waveform.samples);
}

TEST(TrainingClips, TargetsSumToOneAndHoldTheClipsClass) {
  TrainingClips clips(golden_data(), {.length = 1000}, 1);
  for (std::size_t position = 0; position < 20; ++position) {
    const std::vector<float> target = clips.at(0, position, 0).target;
    EXPECT_FLOAT_EQ(std::accumulate(target.begin(), target.end(), 0.0F), 1);
    EXPECT_GT(target[4], 0);  // yes
    EXPECT_LE(std::count_if(target.begin(), target.end(), [](float t) { return t > 0; }), 2);
  }
}

TEST(TrainingClips, RefusesNoiseWhereThereIsNone) {
  SpeechCommands data = golden_data();
  data.noise.clear();
  EXPECT_THROW(TrainingClips(std::move(data), {.length = 1000}, 1), UsageError);
}

}  // namespace
}  // namespace byteformer
