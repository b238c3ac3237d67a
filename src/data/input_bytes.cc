#include "data/input_bytes.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "codec/encode_sound.h"
#include "codec/mp3.h"
#include "codec/read_image.h"
#include "codec/read_sound.h"
#include "data/augmentation.h"
#include "data/sound_augmentation.h"

namespace byteformer {

using Source = Recipe::Data::Source;

InputBytes::InputBytes(const Recipe& recipe)
    : source_(recipe.data.source),
      given_(recipe.data.input),
      augmentation_(recipe.augmentation),
      audio_(recipe.audio) {
  if (source_ == Source::kImages || source_ == Source::kJoint) images_.emplace(recipe.images);
}

std::vector<std::uint8_t> InputBytes::evaluation(std::vector<std::uint8_t> file,
                                                 const std::string& name, Draws draws) const {
  switch (source_) {
    case Source::kFiles:
      return file;
    case Source::kImages:
      return images_->evaluation(file, name, draws);
    case Source::kJoint:
      if (is_picture(file)) return images_->evaluation(file, name, draws);
      break;
    case Source::kAudio:
      break;
  }
  return of_sound(read_sound(file, name));
}

std::vector<std::uint8_t> InputBytes::of_sound(const Waveform& clip) const {
  return encode_sound(sound_encoding_name(), with_length(clip, audio_.samples));
}

std::vector<std::uint8_t> InputBytes::training(std::vector<std::uint8_t> file,
                                               const std::string& name, Draws draws) const {
  if (images_) return images_->training(file, name, draws);
  if (source_ == Source::kFiles) augment(file, augmentation_, draws.file, name);
  return source_ == Source::kFiles ? file : evaluation(std::move(file), name, draws);
}

std::string_view InputBytes::sound_encoding_name() const {
  constexpr std::array<const char*, 4> kTypes = {"float32", "int32", "int16", "uint8"};
  const bool is_mp3 = audio_.encode.format == AudioPipeline::Format::kMp3;
  return sound_encoding(is_mp3 ? "mp3" : "wav",
                        kTypes.at(static_cast<std::size_t>(audio_.encode.sample_type)));
}

std::string InputBytes::suffix() const {
  if (source_ == Source::kFiles) return "";
  if (source_ == Source::kImages) return images_->suffix();
  if (source_ == Source::kJoint) return ".bin";
  return audio_.encode.format == AudioPipeline::Format::kMp3 ? ".mp3" : ".wav";
}

std::string InputBytes::description() const {
  if (source_ == Source::kFiles) return given_;
  if (source_ == Source::kImages) return images_->description();
  if (source_ == Source::kAudio) return sound_facts().dump();
  const nlohmann::json pictures = nlohmann::json::parse(images_->description()),
                       sound = sound_facts();
  nlohmann::json facts = {{"pictures", pictures}, {"sound", sound}};
  std::vector<std::string> encoders;
  for (const auto& part : {pictures, sound})
    if (part.contains("encoder")) encoders.push_back(part["encoder"]);
  if (!encoders.empty()) facts["encoder"] = fmt::format("{}", fmt::join(encoders, ", "));
  return facts.dump();
}

nlohmann::json InputBytes::sound_facts() const {
  nlohmann::json facts = {{"encoding", sound_encoding_name()}, {"samples", audio_.samples}};
  if (audio_.encode.format == AudioPipeline::Format::kMp3) facts["encoder"] = mp3_encoder_version();
  return facts;
}

}  // namespace byteformer
