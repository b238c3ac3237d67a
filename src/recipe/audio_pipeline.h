// How clips become the bytes that a model learns from.
//
// The fields are the reference's options `audio_augmentation.*` and
// `dataset.speech_commands_v2.mixup`, and their defaults its parser's. Order while training: fixed
// length, noise, roll, mixup; while evaluating only the fixed length. Then, always: mix down to
// mono, encode.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace byteformer {

struct AudioPipeline {
  enum class Format { kWav, kMp3 };
  enum class SampleType { kFloat32, kInt32, kInt16, kUint8 };

  std::size_t samples =
      16000;  // each clip is cut or filled with zeros to; the reference always does

  struct Noise {
    bool enable = false;
    std::vector<double> levels = {-100};  // dB; one is drawn for each clip
    std::size_t cached_files = 10;        // of background noise, read ahead
    std::size_t refresh_every = 0;        // clips until the next files are read; 0: never
    std::string folder;                   // empty: _background_noise_ of the data set
  } noise;

  struct Roll {
    bool enable = false;
    double window = 0.1;  // share of a clip by which it is rolled at most, each way
  } roll;

  struct Encode {  // torchaudio_save
    bool enable = false;
    Format format = Format::kWav;
    SampleType sample_type = SampleType::kFloat32;  // of WAV
  } encode;

  bool mixup = false;  // each clip with a second one, and the targets alike
};

}  // namespace byteformer
