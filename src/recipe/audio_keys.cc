#include "recipe/schema.h"

namespace byteformer {

void add_audio_keys(std::vector<Key>& keys) {
  using Audio = AudioPipeline;
  Section<Audio> audio(keys, "", &Recipe::audio);
  audio.count("audio_augmentation.set_fixed_length.length", &Audio::samples, 1,
              "samples to which each clip is cut or filled with zeros", std::size_t{1} << 28);
  audio.boolean("dataset.speech_commands_v2.mixup", &Audio::mixup,
                "mix each clip and its target with a second one");

  using Noise = Audio::Noise;
  Section<Noise> noise(keys, "audio_augmentation.noise.",
                       [](Recipe& r) -> Noise& { return r.audio.noise; });
  noise.boolean("enable", &Noise::enable, "add background noise");
  noise.list("levels", &Noise::levels, "a number of dB", "one is drawn for each clip");
  noise.count("cache_size", &Noise::cached_files, 1, "files of noise that are read ahead", 10000);
  noise.count("refresh_freq", &Noise::refresh_every, 0,
              "clips until the next files of noise are read; 0: never");
  noise.text("files_dir", &Noise::folder, "empty: _background_noise_ of the data set");

  using Roll = Audio::Roll;
  Section<Roll> roll(keys, "audio_augmentation.roll.",
                     [](Recipe& r) -> Roll& { return r.audio.roll; });
  roll.boolean("enable", &Roll::enable, "roll clips");
  roll.real("window", &Roll::window, 0, 1, "at most by this share of the clip, each way");

  using Encode = Audio::Encode;
  Section<Encode> encode(keys, "audio_augmentation.torchaudio_save.",
                         [](Recipe& r) -> Encode& { return r.audio.encode; });
  encode.boolean("enable", &Encode::enable, "encode clips as files");
  encode.choice<Audio::Format>("format", &Encode::format,
                               {{"wav", Audio::Format::kWav}, {"mp3", Audio::Format::kMp3}},
                               "of the bytes that the model reads");
  encode.choice<Audio::SampleType>("encoding_dtype", &Encode::sample_type,
                                   {{"float32", Audio::SampleType::kFloat32},
                                    {"int32", Audio::SampleType::kInt32},
                                    {"int16", Audio::SampleType::kInt16},
                                    {"uint8", Audio::SampleType::kUint8}},
                                   "of a WAV file's samples");
}

}  // namespace byteformer
