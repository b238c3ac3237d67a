// WAV as the reference's torchaudio with sox writes it: mono, little endian, no metadata.
//
//            header  sample of x (each operation in float32 unless said)
//   float32  58      sox_sample(x) rounded to 25 bits, / 2^31: not x itself, but a multiple of
//                    2^-24 in [-1, 1]
//   int32    80      int32(x * 2^31); x >= 1 overflows to -2^31
//   int16    44      int16(x * 32767)
//   uint8    44      uint8((x + 1) * 255 / 2): silence is 127, not 128
//
// Conversions truncate. int16 and uint8 keep the low bits of what is out of range (mixup and noise
// go there): nothing is clipped, since the reference does not clip.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codec/waveform.h"

namespace byteformer {

enum class WavType { kFloat32, kInt32, kInt16, kUint8 };

// Mixes to mono. Throws UsageError if the file would exceed the format's 4 GiB.
std::vector<std::uint8_t> encode_wav(const Waveform& waveform, WavType type);

// How many bytes of samples a WAV or RF64 file declares and lacks: 0 for a whole file, for one that
// was streamed (its declared size is 0xFFFFFFFF) and for what is no WAV.
std::uint64_t missing_wav_bytes(std::span<const std::uint8_t> file);

struct WavSamples {
  std::uint32_t sample_rate;   // Hz
  std::size_t channels;        // of 16 bits, interleaved
  std::size_t offset, length;  // of the whole frames that are there, in bytes
};

// Where the samples lie in a WAV file of 16-bit integers, which may end early; nothing for any
// other file. The data chunk's declared size is the 32 bits before them, the file's those at
// byte 4.
std::optional<WavSamples> find_wav_samples(std::span<const std::uint8_t> file);

}  // namespace byteformer
