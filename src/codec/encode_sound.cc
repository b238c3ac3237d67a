#include "codec/encode_sound.h"

#include <algorithm>

#include "byteformer/error.h"
#include "codec/mp3.h"
#include "codec/wav.h"

namespace byteformer {

std::vector<std::uint8_t> encode_sound(std::string_view encoding, const Waveform& waveform) {
  if (encoding == "wav_float32") return encode_wav(waveform, WavType::kFloat32);
  if (encoding == "wav_int32") return encode_wav(waveform, WavType::kInt32);
  if (encoding == "wav_int16") return encode_wav(waveform, WavType::kInt16);
  if (encoding == "wav_uint8") return encode_wav(waveform, WavType::kUint8);
  if (encoding == "mp3") return encode_mp3(waveform);
  std::string names;
  for (const std::string_view name : kSoundEncodings)
    names.append(names.empty() ? "" : ", ").append(name);
  throw UsageError("there is no encoding of sound \"" + std::string(encoding) + "\". Use one of " +
                   names + ".");
}

std::string_view sound_encoding(std::string_view format, std::string_view encoding_dtype) {
  const std::string name =
      format == "mp3" ? "mp3" : std::string(format) + "_" + std::string(encoding_dtype);
  const auto found = std::find(kSoundEncodings.begin(), kSoundEncodings.end(), name);
  if (found == kSoundEncodings.end())
    throw ConfigError("torchaudio_save has format \"" + std::string(format) +
                      "\" and encoding_dtype \"" + std::string(encoding_dtype) +
                      "\", but the format must be wav or mp3, and the type of wav float32, int32, "
                      "int16 or uint8. Change these two keys.");
  return *found;
}

}  // namespace byteformer
