// WAV (also its A-law, mu-law and ADPCM), RF64, FLAC and Ogg, read by libsndfile from memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "codec/waveform.h"

namespace byteformer {

// The whole sound, as read_sound() describes it. Throws InputError: too_large for more than
// max_samples over channels and time (as declared, before memory is taken, and as found); damaged
// for what libsndfile refuses and for fewer samples than the header declares.
Waveform decode_by_libsndfile(std::span<const std::uint8_t> file, const std::string& name,
                              std::uint64_t max_samples);

}  // namespace byteformer
