// MP3: written by LAME, read by mpg123.
//
// It is written as the reference's torchaudio with sox does: LAME with its defaults, mono, no Xing
// frame and no ID3 tag. At 16 kHz that is MPEG-2 layer III, 24 kbit/s constant, lowpass 5850 Hz:
// 108 bytes for each 576 samples.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/waveform.h"

namespace byteformer {

// Mixes to mono. The bytes are the reference's with LAME 3.100 (on x86-64, as the golden files).
// Any number of threads may call it. Throws UsageError for a sampling rate that MPEG does not have.
std::vector<std::uint8_t> encode_mp3(const Waveform& waveform);

// "LAME 3.100": belongs beside data that was made with encode_mp3().
std::string mp3_encoder_version();

// The samples of all frames; what a Xing or LAME header says to cut at both ends is cut. Damage
// between whole frames is passed over, as players do. Throws InputError with `name`: damaged if
// there are no two frames in a row or the format changes on the way, too_large for more than
// max_samples over channels and time. Any number of threads may call it.
Waveform decode_mp3(std::span<const std::uint8_t> file, const std::string& name,
                    std::uint64_t max_samples);

}  // namespace byteformer
