#include "data/data_set.h"

#include <fmt/format.h>

#include <utility>

#include "base/random.h"
#include "byteformer/error.h"

namespace byteformer {
namespace {

SoundAugmentation augmentation_of(const AudioPipeline& pipeline) {
  return {pipeline.samples,     pipeline.noise.enable, pipeline.noise.levels,
          pipeline.roll.enable, pipeline.roll.window,  pipeline.mixup};
}

}  // namespace

FileSet::FileSet(SampleList samples, const InputBytes& bytes, Options options)
    : samples_(std::move(samples)), bytes_(bytes), options_(options) {}

// Over names and sizes, wherever the data lies.
std::uint64_t FileSet::hash() const {
  std::uint64_t hash = kEmptyHash;
  for (std::size_t i = 0; i < samples_.size(); ++i)
    hash = hash_of_text(fmt::format("{}\t{}\n", samples_.name_in_place(i), samples_.bytes_of(i)),
                        hash);
  return hash;
}

Item FileSet::at(std::size_t index, const Place& place) const {
  const Sample sample = samples_[index];
  ReadLimit limit;
  // A file as it is needs no byte beyond the limit; a picture does.
  if (options_.max_bytes > 0 && bytes_.suffix().empty()) limit = {options_.max_bytes, true};
  std::vector<std::uint8_t> file = read_sample(sample, limit);
  if (file.empty()) throw InputError(InputErrorKind::kEmpty, sample.name + ": has no bytes.");
  const Draws draws{Random(mix_seed(options_.seed, place.epoch, index)),
                    mix_seed(options_.seed, place.epoch, samples_.size() + place.batch)};
  Item item;
  item.target = sample.class_index;
  item.bytes = options_.augment ? bytes_.training(std::move(file), sample.name, draws)
                                : bytes_.evaluation(std::move(file), sample.name, draws);
  if (options_.max_bytes > 0 && item.bytes.size() > options_.max_bytes)
    item.bytes.resize(options_.max_bytes);
  return item;
}

ClipSet::ClipSet(std::vector<SpeechClip> clips, const std::vector<std::string>& classes,
                 const InputBytes& bytes)
    : clips_(std::move(clips)), hash_(hash_of_list(clips_, classes)), bytes_(bytes) {}

Item ClipSet::at(std::size_t index, const Place&) const {
  const SpeechClip& clip = clips_[index];
  return {bytes_.of_sound(read_clip(clip)), clip.sample.class_index, {}};
}

TrainingClipSet::TrainingClipSet(SpeechCommands data, const AudioPipeline& pipeline,
                                 std::uint64_t seed, const InputBytes& bytes)
    : hash_(hash_of_list(data.train, data.classes)),
      mixes_(pipeline.mixup),
      clips_(data, augmentation_of(pipeline), seed),
      bytes_(bytes) {
  for (const SpeechClip& clip : data.train) {
    names_.push_back(clip.name);
    targets_.push_back(clip.sample.class_index);
  }
}

Item TrainingClipSet::at(std::size_t index, const Place& place) const {
  TrainingClip clip = clips_.at(place.epoch, place.position, index);
  return {bytes_.of_sound(clip.waveform), targets_[index],
          mixes_ ? std::move(clip.target) : std::vector<float>()};
}

JointSet::JointSet(Part first, Part second, std::size_t classes, bool mixes)
    : first_(std::move(first)), second_(std::move(second)), classes_(classes), mixes_(mixes) {}

std::size_t JointSet::size() const { return first_.items->size() + second_.items->size(); }

std::string JointSet::name(std::size_t index) const {
  const std::size_t n = first_.items->size();
  return index < n ? first_.items->name(index) : second_.items->name(index - n);
}

std::uint64_t JointSet::hash() const {
  return hash_of_text(std::to_string(second_.items->hash()),
                      hash_of_text(std::to_string(first_.items->hash())));
}

Item JointSet::at(std::size_t index, const Place& place) const {
  const std::size_t n = first_.items->size();
  const Part& part = index < n ? first_ : second_;
  Item item = part.items->at(index < n ? index : index - n, place);
  std::vector<float> shares(mixes_ ? classes_ : 0);
  if (mixes_ && item.mixed.empty()) shares[part.numbers[item.target]] = 1;
  for (std::size_t c = 0; c < item.mixed.size(); ++c) shares[part.numbers[c]] = item.mixed[c];
  item.mixed = std::move(shares);
  item.target = part.numbers[item.target];
  return item;
}

}  // namespace byteformer
