// What a training or an evaluation goes over: items by number, each the bytes that the model sees
// and what they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/input_bytes.h"
#include "data/speech_commands.h"
#include "data/training_clips.h"
#include "files/class_folder.h"

namespace byteformer {

struct Item {
  std::vector<std::uint8_t> bytes;
  std::size_t target = 0;    // class index; of a mix the first part's
  std::vector<float> mixed;  // [classes], a mix's shares; empty: the target alone
};

// Where an item stands: what is drawn for it depends on this and the seed alone.
struct Place {
  std::size_t epoch = 0, position = 0;  // in the epoch's order
  std::size_t batch = 0;                // number of its batch in the epoch
};

// Any number of threads may call it.
class DataSet {
 public:
  virtual ~DataSet() = default;
  virtual std::size_t size() const = 0;
  virtual std::string name(std::size_t index) const = 0;  // for messages
  virtual std::uint64_t hash() const = 0;                 // of the list of items
  // Throws InputError for what cannot be read, UsageError for what cannot be encoded.
  virtual Item at(std::size_t index, const Place& place) const = 0;
};

// Files of classes. `bytes` must outlive the set.
class FileSet : public DataSet {
 public:
  struct Options {
    std::size_t max_bytes = 0;  // what the model sees is cut there; 0: no limit
    std::uint64_t seed = 0;
    bool augment = false;
  };
  FileSet(SampleList samples, const InputBytes& bytes, Options options);

  std::size_t size() const override { return samples_.size(); }
  std::string name(std::size_t index) const override { return samples_[index].name; }
  std::uint64_t hash() const override;
  Item at(std::size_t index, const Place& place) const override;

 private:
  SampleList samples_;
  const InputBytes& bytes_;
  Options options_;
};

// Clips of Speech Commands for evaluation: as they are, of a fixed length.
class ClipSet : public DataSet {
 public:
  ClipSet(std::vector<SpeechClip> clips, const std::vector<std::string>& classes,
          const InputBytes& bytes);

  std::size_t size() const override { return clips_.size(); }
  std::string name(std::size_t index) const override { return clips_[index].name; }
  std::uint64_t hash() const override { return hash_; }
  Item at(std::size_t index, const Place& place) const override;

 private:
  std::vector<SpeechClip> clips_;
  std::uint64_t hash_;
  const InputBytes& bytes_;
};

// The same for training: with noise, roll and mixup.
class TrainingClipSet : public DataSet {
 public:
  TrainingClipSet(SpeechCommands data, const AudioPipeline& pipeline, std::uint64_t seed,
                  const InputBytes& bytes);

  std::size_t size() const override { return clips_.size(); }
  std::string name(std::size_t index) const override { return names_[index]; }
  std::uint64_t hash() const override { return hash_; }
  Item at(std::size_t index, const Place& place) const override;

 private:
  std::vector<std::string> names_;
  std::vector<std::size_t> targets_;
  std::uint64_t hash_;
  bool mixes_;
  mutable TrainingClips clips_;  // which guards what it keeps
  const InputBytes& bytes_;
};

// Two sets as one, the second behind the first: what tells them apart is their bytes alone.
class JointSet : public DataSet {
 public:
  struct Part {
    std::unique_ptr<DataSet> items;
    std::vector<std::size_t> numbers;  // of its classes, among those of both
  };
  // `mixes`: an item of one part may be a mix, so every item has shares of all classes.
  JointSet(Part first, Part second, std::size_t classes, bool mixes);

  std::size_t size() const override;
  std::string name(std::size_t index) const override;
  std::uint64_t hash() const override;
  Item at(std::size_t index, const Place& place) const override;

 private:
  Part first_, second_;
  std::size_t classes_;
  bool mixes_;
};

}  // namespace byteformer
