// The way of a file to the bytes that a model sees, whatever the recipe says that files are: files
// as they are, pictures, clips of sound, or both, told apart by their first bytes.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "codec/waveform.h"
#include "data/image_bytes.h"
#include "recipe/recipe.h"

namespace byteformer {

// Any number of threads may call it.
class InputBytes {
 public:
  // Throws ConfigError where the recipe's values do not go together.
  explicit InputBytes(const Recipe& recipe);

  // `name` is for messages. Throws InputError for what cannot be read, UsageError for what an
  // encoding cannot hold.
  std::vector<std::uint8_t> evaluation(std::vector<std::uint8_t> file, const std::string& name,
                                       Draws draws) const;
  // With the augmentation of files and pictures. Clips of sound are augmented together with others
  // of their data set (data/training_clips.h), and then come by of_sound().
  std::vector<std::uint8_t> training(std::vector<std::uint8_t> file, const std::string& name,
                                     Draws draws) const;

  // Cut or filled to the recipe's length, and encoded.
  std::vector<std::uint8_t> of_sound(const Waveform& clip) const;

  // Of the encoding: ".tiff", ".wav", ".bin" where there are two; empty for files as they are.
  std::string suffix() const;

  // What the bytes are, as JSON text: what the model carries.
  std::string description() const;

 private:
  std::string_view sound_encoding_name() const;
  nlohmann::json sound_facts() const;

  Recipe::Data::Source source_;
  std::string given_;  // the recipe's dataset.input
  Recipe::Augmentation augmentation_;
  std::optional<ImageBytes> images_;
  AudioPipeline audio_;
};

}  // namespace byteformer
