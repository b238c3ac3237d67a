#include "data/training_clips.h"

#include "byteformer/error.h"
#include "codec/read_sound.h"
#include "data/sound_augmentation.h"
#include "files/name.h"

namespace byteformer {

NoiseRecordings::NoiseRecordings(std::vector<Sample> recordings, std::uint64_t seed)
    : recordings_(std::move(recordings)), order_(Random(seed).permutation(recordings_.size())) {}

std::size_t NoiseRecordings::recording_in(std::uint64_t clip, std::size_t slot) const {
  return order_[(clip / kClipsBetweenChanges * kSlots + slot) % order_.size()];
}

std::shared_ptr<const Waveform> NoiseRecordings::noise(std::uint64_t clip, std::size_t slot) {
  const std::size_t recording = recording_in(clip, slot);
  const std::lock_guard lock(mutex_);
  if (const auto found = read_.find(recording); found != read_.end()) return found->second;
  const Sample& sample = recordings_[recording];
  auto waveform =
      std::make_shared<const Waveform>(read_sound(read_sample(sample), printable(sample.name)));
  if (read_.size() == kSlots) read_.clear();  // the next ten are others
  read_.emplace(recording, waveform);
  return waveform;
}

TrainingClips::TrainingClips(SpeechCommands data, SoundAugmentation augmentation,
                             std::uint64_t seed)
    : data_(std::move(data)),
      augmentation_(std::move(augmentation)),
      seed_(seed),
      noise_(data_.noise, seed) {
  if (augmentation_.noise && (noise_.empty() || augmentation_.noise_levels.empty()))
    throw UsageError("noise is to be added, but there are " + std::to_string(data_.noise.size()) +
                     " .wav files below _background_noise_ and " +
                     std::to_string(augmentation_.noise_levels.size()) +
                     " levels, and one of each is needed. Add them, or set noise.enable to false.");
}

TrainingClip TrainingClips::at(std::size_t epoch, std::size_t position, std::size_t index) {
  Random random(mix_seed(seed_, epoch, position));
  const SpeechClip& first = data_.train[index];
  Waveform waveform = augmented(first, position, random);
  const std::size_t classes = data_.classes.size(), label = first.sample.class_index;
  if (!augmentation_.mixup) return {std::move(waveform), mixup_target(classes, label, label, 1)};
  const SpeechClip& second =
      data_.train[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(size())))];
  const Waveform other = augmented(second, position, random);
  const float share = random.uniform();
  waveform = mixup(waveform, other, share);
  return {std::move(waveform), mixup_target(classes, label, second.sample.class_index, share)};
}

Waveform TrainingClips::augmented(const SpeechClip& clip, std::size_t position, Random& random) {
  auto draw = [&](std::size_t bound) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bound)));
  };
  Waveform waveform = with_length(read_clip(clip), augmentation_.length);
  if (augmentation_.noise) {
    const double level = augmentation_.noise_levels[draw(augmentation_.noise_levels.size())];
    const auto noise = noise_.noise(position, draw(NoiseRecordings::kSlots));
    const std::size_t start = draw_noise_start(*noise, augmentation_.length, random);
    waveform = add_noise(waveform, *noise, start, level);
  }
  if (augmentation_.roll)
    waveform = roll(std::move(waveform),
                    draw_shift(augmentation_.length, augmentation_.roll_window, random));
  return waveform;
}

}  // namespace byteformer
