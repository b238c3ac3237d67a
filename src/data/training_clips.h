// Training clips of sound with all that is drawn for them: noise, roll and mixup, ready to be
// encoded.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "codec/waveform.h"
#include "data/speech_commands.h"

namespace byteformer {

// The reference's audio_augmentation.* and dataset.speech_commands_v2.mixup; the defaults are those
// of its recipes for Speech Commands.
struct SoundAugmentation {
  std::size_t length = 16000;  // samples
  bool noise = true;
  std::vector<double> noise_levels = {-50};  // dB, one is drawn for each clip
  bool roll = true;
  double roll_window = 0.1;  // of the length
  bool mixup = true;
};

// The recordings of noise as the reference uses them: in a shuffled order that goes round, ten at a
// time, and the next ten after every hundred clips.
class NoiseRecordings {
 public:
  static constexpr std::size_t kSlots = 10;
  static constexpr std::uint64_t kClipsBetweenChanges = 100;

  NoiseRecordings(std::vector<Sample> recordings, std::uint64_t seed);

  bool empty() const { return recordings_.empty(); }

  // Which recording (of those given) stands in a slot for the clip of this number. Requires one.
  std::size_t recording_in(std::uint64_t clip, std::size_t slot) const;

  // That recording's samples, all channels. Any number of threads may call it; at most kSlots
  // recordings stay in memory. Throws InputError.
  std::shared_ptr<const Waveform> noise(std::uint64_t clip, std::size_t slot);

 private:
  std::vector<Sample> recordings_;
  std::vector<std::size_t> order_;
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::shared_ptr<const Waveform>> read_;
};

struct TrainingClip {
  Waveform waveform;          // of the augmentation's length
  std::vector<float> target;  // [classes]: one-hot, or mixed
};

class TrainingClips {
 public:
  // Throws UsageError if noise is wanted and there is none, or no level for it.
  TrainingClips(SpeechCommands data, SoundAugmentation augmentation, std::uint64_t seed);

  // The clip `index` of data.train as it is at `position` of an epoch's order. Depends on its
  // arguments and the seed alone: any number of threads may call it, in any order. Throws
  // InputError, or UsageError where noise or a second clip does not go with a clip.
  TrainingClip at(std::size_t epoch, std::size_t position, std::size_t index);

  std::size_t size() const { return data_.train.size(); }

 private:
  Waveform augmented(const SpeechClip& clip, std::size_t position, Random& random);

  SpeechCommands data_;
  SoundAugmentation augmentation_;
  std::uint64_t seed_;
  NoiseRecordings noise_;
};

}  // namespace byteformer
