// Reading sound: WAV (also its A-law, mu-law and ADPCM), RF64, FLAC and Ogg (Vorbis, Opus) by
// libsndfile, and MP3 by mpg123. The format comes from the bytes, not from the name.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "codec/waveform.h"

namespace byteformer {

struct SoundOptions {
  bool mono = false;              // the mean of the channels; false: all channels, as they are
  std::uint32_t sample_rate = 0;  // Hz, resampled to it; 0: as it is
  // Over channels and time, as decoded and as resampled; more is too large. An hour at 16 kHz.
  std::uint64_t max_samples = std::uint64_t{1} << 26;
};

// The samples of a file's bytes: b-bit integers are value / 2^(b-1) (16 bits: exact in float32),
// floats are as stored. `name` is for messages and printable. Any number of threads may call it.
//
// Throws InputError: kEmpty for no bytes or no samples, kTooLarge by a declared length before
// memory is taken, kDamaged for other formats and for files that end early or do not follow their
// format.
Waveform read_sound(std::span<const std::uint8_t> file, const std::string& name,
                    const SoundOptions& options = {});

}  // namespace byteformer
