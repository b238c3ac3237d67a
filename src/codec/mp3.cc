#include "codec/mp3.h"

#include <lame/lame.h>
#include <mpg123.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <memory>

#include "byteformer/error.h"
#include "codec/sound_error.h"
#include "codec/sox_sample.h"

namespace byteformer {
namespace {

struct CloseLame {
  void operator()(lame_global_flags* lame) const { lame_close(lame); }
};
using Lame = std::unique_ptr<lame_global_flags, CloseLame>;

void say_nothing(const char*, std::va_list) {}

// For other rates LAME would resample by itself, which the reference's clips never need.
constexpr std::array<std::uint32_t, 9> kRates = {8000,  11025, 12000, 16000, 22050,
                                                 24000, 32000, 44100, 48000};

Lame open_lame(std::uint32_t sample_rate) {
  if (std::find(kRates.begin(), kRates.end(), sample_rate) == kRates.end()) {
    std::string rates;
    for (const std::uint32_t rate : kRates)
      rates += (rates.empty() ? "" : ", ") + std::to_string(rate);
    throw UsageError("MP3 has no sampling rate of " + std::to_string(sample_rate) + " Hz, only " +
                     rates + ". Resample the sound.");
  }
  Lame lame(lame_init());
  if (!lame) throw std::bad_alloc();
  lame_set_errorf(lame.get(), say_nothing);
  lame_set_debugf(lame.get(), say_nothing);
  lame_set_msgf(lame.get(), say_nothing);
  lame_set_num_channels(lame.get(), 1);
  lame_set_in_samplerate(lame.get(), static_cast<int>(sample_rate));
  lame_set_bWriteVbrTag(lame.get(), 0);
  if (const int status = lame_init_params(lame.get()); status < 0)
    throw UsageError("LAME refuses to encode at " + std::to_string(sample_rate) + " Hz (status " +
                     std::to_string(status) + "). Use WAV.");
  return lame;
}

struct CloseMpg123 {
  void operator()(mpg123_handle* decoder) const { mpg123_delete(decoder); }
};
using Mpg123 = std::unique_ptr<mpg123_handle, CloseMpg123>;

// A decoder that is fed from memory, gives float32, and neither prints nor keeps tags.
Mpg123 open_mpg123() {
  mpg123_init();
  Mpg123 decoder(mpg123_new(nullptr, nullptr));
  if (!decoder) throw std::bad_alloc();
  mpg123_param(decoder.get(), MPG123_ADD_FLAGS,
               MPG123_QUIET | MPG123_FORCE_FLOAT | MPG123_SKIP_ID3V2, 0);
  if (mpg123_open_feed(decoder.get()) != MPG123_OK)
    throw IoError(std::string("mpg123 cannot start: ") + mpg123_strerror(decoder.get()) + ".");
  return decoder;
}

}  // namespace

std::vector<std::uint8_t> encode_mp3(const Waveform& waveform) {
  const Lame lame = open_lame(waveform.sample_rate);
  const Waveform mono = mix_to_mono(waveform);
  std::vector<int> samples(mono.samples.size());
  std::transform(mono.samples.begin(), mono.samples.end(), samples.begin(), sox_sample);

  constexpr std::size_t kBlock = 65536;  // samples a call; the result does not depend on it
  std::vector<std::uint8_t> buffer(kBlock * 5 / 4 + 7200);  // LAME's worst case for a block
  std::vector<std::uint8_t> out;
  auto keep = [&](int written) {
    if (written < 0)
      throw IoError("LAME failed with status " + std::to_string(written) + " while it encoded.");
    out.insert(out.end(), buffer.begin(), buffer.begin() + written);
  };
  const auto room = static_cast<int>(buffer.size());
  for (std::size_t at = 0; at < samples.size(); at += kBlock) {
    const std::span<const int> block =
        std::span(samples).subspan(at, std::min(kBlock, samples.size() - at));
    keep(lame_encode_buffer_int(lame.get(), block.data(), block.data(),
                                static_cast<int>(block.size()), buffer.data(), room));
  }
  keep(lame_encode_flush(lame.get(), buffer.data(), room));
  return out;
}

std::string mp3_encoder_version() { return std::string("LAME ") + get_lame_version(); }

Waveform decode_mp3(std::span<const std::uint8_t> file, const std::string& name,
                    std::uint64_t max_samples) {
  const Mpg123 decoder = open_mpg123();
  mpg123_feed(decoder.get(), file.data(), file.size());
  std::vector<float> block(16384), frames;
  long rate = 0;
  int channels = 0;
  for (;;) {
    std::size_t bytes = 0;
    const int status =
        mpg123_read(decoder.get(), block.data(), block.size() * sizeof(float), &bytes);
    const std::size_t got = bytes / sizeof(float);
    if (frames.size() + got > max_samples)
      refuse_large_sound(name, "holds more samples", max_samples);
    frames.insert(frames.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
    if (status == MPG123_NEW_FORMAT) {
      if (channels != 0)
        refuse_damaged_sound(name, "changes its sampling rate or its channels on the way");
      int encoding = 0;
      mpg123_getformat(decoder.get(), &rate, &channels, &encoding);
    } else if (status == MPG123_NEED_MORE || status == MPG123_DONE) {
      break;
    } else if (status != MPG123_OK) {
      refuse_damaged_sound(name, std::string("is a damaged MP3 file (mpg123: ") +
                                     mpg123_strerror(decoder.get()) + ")");
    }
  }
  if (channels == 0) refuse_damaged_sound(name, "has no two frames of MP3 in a row");
  return from_interleaved(std::move(frames), static_cast<std::size_t>(channels),
                          static_cast<std::uint32_t>(rate));
}

}  // namespace byteformer
