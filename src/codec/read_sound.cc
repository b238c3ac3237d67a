#include "codec/read_sound.h"

#include <algorithm>
#include <string_view>

#include "codec/libsndfile.h"
#include "codec/mp3.h"
#include "codec/resample.h"
#include "codec/sound_error.h"
#include "codec/wav.h"

namespace byteformer {
namespace {

bool begins(std::span<const std::uint8_t> file, std::string_view text) {
  return file.size() >= text.size() && std::equal(text.begin(), text.end(), file.begin());
}

// An ID3v2 tag at the beginning, of players' metadata: MP3 files have it, FLAC files may.
std::size_t id3_bytes(std::span<const std::uint8_t> file) {
  constexpr std::size_t kHeader = 10;
  if (file.size() < kHeader || !begins(file, "ID3")) return 0;
  std::size_t size = 0;  // 7 bits a byte
  for (std::size_t i = 6; i < kHeader; ++i) size = size << 7 | (file[i] & 0x7Fu);
  return std::min(file.size(), kHeader + size);
}

Waveform decode(std::span<const std::uint8_t> file, const std::string& name,
                std::uint64_t max_samples) {
  const std::size_t tag = id3_bytes(file);
  const std::span<const std::uint8_t> sound = file.subspan(tag);
  // libsndfile knows twenty formats more, rare ones, whose readers hostile bytes need not reach.
  for (const std::string_view magic : {"RIFF", "RIFX", "RF64", "fLaC", "OggS"})
    if (begins(sound, magic)) return decode_by_libsndfile(sound, name, max_samples);
  const bool is_mpeg_frame = sound.size() >= 2 && sound[0] == 0xFF && (sound[1] & 0xE0) == 0xE0;
  if (is_mpeg_frame || tag > 0) return decode_mp3(sound, name, max_samples);
  throw InputError(InputErrorKind::kDamaged, name +
                                                 ": is neither WAV, FLAC, Ogg nor MP3. Convert "
                                                 "it to one of them.");
}

Waveform resampled(Waveform waveform, const std::string& name, const SoundOptions& options) {
  const std::uint64_t from = waveform.sample_rate, to = options.sample_rate;
  if (from > to * kMaxRateRatio || to > from * kMaxRateRatio)
    refuse_damaged_sound(name, "has a sampling rate of " + std::to_string(from) +
                                   " Hz, which cannot become " + std::to_string(to) +
                                   " Hz (at most a factor of " + std::to_string(kMaxRateRatio) +
                                   ")");
  if (waveform.samples.size() > options.max_samples * from / to)
    refuse_large_sound(name,
                       "holds " + std::to_string(waveform.samples.size()) + " samples at " +
                           std::to_string(from) + " Hz, too many at " + std::to_string(to) + " Hz",
                       options.max_samples);
  return resample(std::move(waveform), options.sample_rate);
}

}  // namespace

Waveform read_sound(std::span<const std::uint8_t> file, const std::string& name,
                    const SoundOptions& options) {
  if (file.empty())
    throw InputError(InputErrorKind::kEmpty, name + ": has no bytes. Give a sound file.");
  if (const std::uint64_t missing = missing_wav_bytes(file); missing > 0)
    refuse_damaged_sound(
        name, "ends " + std::to_string(missing) + " bytes before the end that it declares");
  Waveform waveform = decode(file, name, options.max_samples);
  if (waveform.samples.empty())
    throw InputError(InputErrorKind::kEmpty,
                     name +
                         ": declares no samples. Record it again (a WAV writer that was cut "
                         "off leaves such a header), or leave it out.");
  if (options.mono) waveform = mix_to_mono(std::move(waveform));
  if (options.sample_rate == 0) return waveform;
  return resampled(std::move(waveform), name, options);
}

}  // namespace byteformer
