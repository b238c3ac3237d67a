// MP3 as the reference's torchaudio with sox writes it: LAME with its defaults, mono, no Xing frame
// and no ID3 tag. At 16 kHz that is MPEG-2 layer III, 24 kbit/s constant, lowpass 5850 Hz: 108
// bytes for each 576 samples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/waveform.h"

namespace byteformer {

// Mixes to mono. The bytes are the reference's with LAME 3.100 (on x86-64, as the golden files).
// Any number of threads may call it. Throws UsageError for a sampling rate that MPEG does not have.
std::vector<std::uint8_t> encode_mp3(const Waveform& waveform);

// "LAME 3.100": belongs beside data that was made with encode_mp3().
std::string mp3_encoder_version();

}  // namespace byteformer
