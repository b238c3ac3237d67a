// Sound to the bytes that a model sees, by the name of the encoding.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/waveform.h"

namespace byteformer {

inline constexpr std::array<std::string_view, 5> kSoundEncodings = {
    "wav_float32", "wav_int32", "wav_int16", "wav_uint8", "mp3"};

// wav.h and mp3.h say what they hold; all mix to mono. Throws UsageError for another name, which
// lists these, and for what the format cannot hold.
std::vector<std::uint8_t> encode_sound(std::string_view encoding, const Waveform& waveform);

// The encoding that a recipe of the reference asks for by torchaudio_save.format and
// torchaudio_save.encoding_dtype: "wav" and "int16" are "wav_int16"; for "mp3" the reference
// ignores the type. Throws ConfigError for what has no encoding here.
std::string_view sound_encoding(std::string_view format, std::string_view encoding_dtype);

}  // namespace byteformer
