#include "codec/read_sound.h"

#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

#include "byteformer/error.h"
#include "codec/encode_sound.h"
#include "codec/little_endian.h"
#include "codec/wav.h"
#include "tests/golden_sound.h"
#include "tests/temporary_folder.h"

// libsndfile 1.2.0 keeps 6 KB of Vorbis when it refuses an Ogg file; the leak checker reads this.
extern "C" const char* __lsan_default_suppressions() { return "leak:vorbis_info_init"; }

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;

Waveform tone(std::size_t length) {
  Waveform waveform{16000, 1, {}};
  for (std::size_t i = 0; i < length; ++i)
    waveform.samples.push_back(0.5F * std::sin(0.05F * static_cast<float>(i)));
  return waveform;
}

// A file of 16-bit samples [n, channels] in any of libsndfile's formats.
Bytes written_by_libsndfile(int format, int channels, const std::vector<short>& frames) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "sound").string();
  SF_INFO info{};
  info.samplerate = 16000;
  info.channels = channels;
  info.format = format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  if (file == nullptr) throw std::runtime_error(sf_strerror(nullptr));
  sf_writef_short(file, frames.data(), static_cast<sf_count_t>(frames.size()) / channels);
  sf_close(file);
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A WAV file of any format chunk, with what the header says and what is there apart.
Bytes wav_file(std::uint32_t tag, std::uint32_t channels, std::uint32_t rate, std::uint32_t bits,
               std::uint32_t declared, const Bytes& data) {
  Bytes file = {'R', 'I', 'F', 'F'};
  put32(file, static_cast<std::uint32_t>(36 + data.size()));
  for (const char c : std::string("WAVEfmt ")) file.push_back(static_cast<std::uint8_t>(c));
  put32(file, 16);
  put16(file, tag);
  put16(file, channels);
  put32(file, rate);
  put32(file, rate * channels * bits / 8);
  put16(file, channels * bits / 8);
  put16(file, bits);
  for (const char c : std::string("data")) file.push_back(static_cast<std::uint8_t>(c));
  put32(file, declared);
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

Bytes pcm16(std::uint32_t channels, std::size_t samples) {
  return wav_file(1, channels, 16000, 16, static_cast<std::uint32_t>(2 * samples),
                  Bytes(2 * samples, 1));
}

// The error's kind; the text must begin with the file's name.
InputErrorKind kind_of_failure(const Bytes& file, const SoundOptions& options = {}) {
  try {
    read_sound(file, "clip.wav", options);
  } catch (const InputError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("clip.wav: ")) << error.what();
    return error.kind();
  }
  ADD_FAILURE() << "was read";
  return InputErrorKind::kSpecial;
}

TEST(ReadSound, GivesEverySixteenBitValueExactly) {
  Bytes data;
  for (int v = -32768; v <= 32767; ++v) put16(data, static_cast<std::uint32_t>(v));
  const Waveform waveform = read_sound(wav_file(1, 1, 16000, 16, 131072, data), "clip.wav");
  EXPECT_EQ(waveform.sample_rate, 16000U);
  EXPECT_EQ(waveform.channels, 1U);
  ASSERT_EQ(waveform.length(), 65536U);
  for (int i = 0; i < 65536; ++i)
    ASSERT_EQ(waveform.samples[static_cast<std::size_t>(i)],
              static_cast<float>(i - 32768) / 32768.0F);
}

TEST(ReadSound, GivesBackWhatEveryWavEncodingHolds) {
  const Waveform before = tone(1001);
  for (const auto& [encoding, bound] : {std::pair{"wav_float32", 0x1p-24F},
                                        {"wav_int32", 0x1p-24F},
                                        {"wav_int16", 0x1p-13F},
                                        {"wav_uint8", 0x1p-6F}}) {
    const Waveform after = read_sound(encode_sound(encoding, before), "clip.wav");
    ASSERT_EQ(after.length(), before.length()) << encoding;
    for (std::size_t i = 0; i < before.length(); ++i)
      ASSERT_NEAR(after.samples[i], before.samples[i], bound) << encoding << " sample " << i;
  }
}

TEST(ReadSound, KeepsTheChannelsApartOrMixesThem) {
  const Bytes file = wav_file(1, 2, 8000, 16, 8, {0, 0x40, 0, 0, 0, 0x20, 0, 0x20});
  EXPECT_EQ(read_sound(file, "x").samples, (std::vector<float>{0.5F, 0.25F, 0, 0.25F}));
  const Waveform mono = read_sound(file, "x", {.mono = true});
  EXPECT_EQ(mono.channels, 1U);
  EXPECT_EQ(mono.samples, (std::vector<float>{0.25F, 0.25F}));
}

TEST(ReadSound, ResamplesOnRequest) {
  const Waveform out =
      read_sound(encode_sound("wav_int16", tone(1600)), "x", {.sample_rate = 8000});
  EXPECT_EQ(out.sample_rate, 8000U);
  EXPECT_EQ(out.length(), 800U);
}

TEST(ReadSound, ReadsFlacToTheBit) {
  const std::vector<short> frames = {1, -2, 300, -400, 32767, -32768};
  const Waveform out =
      read_sound(written_by_libsndfile(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 2, frames), "x");
  ASSERT_EQ(out.channels, 2U);
  ASSERT_EQ(out.length(), 3U);
  for (std::size_t i = 0; i < frames.size(); ++i)
    EXPECT_EQ(out.samples[i % 2 * 3 + i / 2], static_cast<float>(frames[i]) / 32768.0F);
}

TEST(ReadSound, ReadsOggAndMp3Nearly) {
  const Waveform before = tone(16000);
  std::vector<short> frames;
  for (const float x : before.samples) frames.push_back(static_cast<short>(x * 32767.0F));
  const Bytes ogg = written_by_libsndfile(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, frames);
  const Waveform from_ogg = read_sound(ogg, "x");
  ASSERT_EQ(from_ogg.length(), before.length());
  for (std::size_t i = 1000; i < 15000; ++i)
    ASSERT_NEAR(from_ogg.samples[i], before.samples[i], 0.05) << i;

  const Waveform from_mp3 = read_sound(encode_sound("mp3", before), "x");
  ASSERT_EQ(from_mp3.length(), 30U * 576);  // whole frames: no header says what to cut
  double energy = 0, expected = 0;
  for (const float x : from_mp3.samples) energy += static_cast<double>(x * x);
  for (const float x : before.samples) expected += static_cast<double>(x * x);
  EXPECT_NEAR(std::sqrt(energy / expected), 0.95, 0.02);  // LAME makes it quieter by default
}

TEST(ReadSound, ReadsMp3OnlyIfASecondFrameConfirmsTheFirst) {
  const Bytes mp3 = encode_sound("mp3", tone(4000));
  const std::ptrdiff_t frame = 108;
  EXPECT_EQ(read_sound(std::span(mp3).first(2 * frame), "x").length(), 2U * 576);
  EXPECT_EQ(kind_of_failure({mp3.begin(), mp3.begin() + frame}), InputErrorKind::kDamaged);
}

TEST(ReadSound, PassesOverATagBeforeMp3AndFlac) {
  for (const Bytes& sound :
       {encode_sound("mp3", tone(3000)),
        written_by_libsndfile(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, std::vector<short>(3000, 7))}) {
    Bytes tagged = {'I', 'D', '3', 3, 0, 0, 0, 0, 1, 2};  // 130 bytes
    tagged.resize(140, 0xFF);
    tagged.insert(tagged.end(), sound.begin(), sound.end());
    EXPECT_EQ(read_sound(tagged, "x").samples, read_sound(sound, "x").samples);
  }
}

TEST(ReadSound, ReadsStreamedWavToItsEnd) {
  Bytes file = pcm16(1, 4000);
  for (std::size_t i = 40; i < 44; ++i) file[i] = 0xFF;
  EXPECT_EQ(read_sound(file, "x").length(), 4000U);
}

TEST(ReadSound, RefusesWhatEndsEarly) {
  const Bytes wav = pcm16(1, 4000);
  EXPECT_EQ(kind_of_failure({wav.begin(), wav.end() - 1001}), InputErrorKind::kDamaged);
  std::vector<short> frames(20000);
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<short>(i * i % 9973);
  const Bytes flac = written_by_libsndfile(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, frames);
  EXPECT_EQ(
      kind_of_failure({flac.begin(), flac.begin() + static_cast<std::ptrdiff_t>(flac.size() / 2)}),
      InputErrorKind::kDamaged);
}

TEST(ReadSound, RefusesWhatHoldsNothing) {
  EXPECT_EQ(kind_of_failure({}), InputErrorKind::kEmpty);
  EXPECT_EQ(kind_of_failure(pcm16(1, 0)), InputErrorKind::kEmpty);
}

TEST(ReadSound, RefusesWhatIsNoSound) {
  EXPECT_EQ(kind_of_failure({'P', 'K', 3, 4, 0, 0}), InputErrorKind::kDamaged);
  EXPECT_EQ(kind_of_failure(Bytes(4096, 0xFF)), InputErrorKind::kDamaged);
  EXPECT_EQ(kind_of_failure({'R', 'I', 'F', 'F'}), InputErrorKind::kDamaged);
  EXPECT_EQ(kind_of_failure(wav_file(1, 0, 16000, 16, 8, Bytes(8))), InputErrorKind::kDamaged);
}

TEST(ReadSound, RefusesMoreSamplesThanTheLimit) {
  EXPECT_EQ(kind_of_failure(pcm16(2, 100), {.max_samples = 99}), InputErrorKind::kTooLarge);
  EXPECT_EQ(read_sound(pcm16(2, 100), "x", {.max_samples = 100}).length(), 50U);
  EXPECT_EQ(kind_of_failure(pcm16(1, 100), {.sample_rate = 32000, .max_samples = 199}),
            InputErrorKind::kTooLarge);
}

TEST(ReadSound, RefusesADeclaredLengthBeforeItTakesMemory) {
  Bytes flac = written_by_libsndfile(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, std::vector<short>(64));
  flac[21] |= 0x0F;  // 36 bits of STREAMINFO: the number of samples
  for (std::size_t i = 22; i < 26; ++i) flac[i] = 0xFF;
  EXPECT_EQ(kind_of_failure(flac), InputErrorKind::kTooLarge);
}

TEST(ReadSound, RefusesARateThatNoRecordingHas) {
  EXPECT_EQ(kind_of_failure(wav_file(1, 1, 3, 16, 8, Bytes(8)), {.sample_rate = 16000}),
            InputErrorKind::kDamaged);
  EXPECT_EQ(kind_of_failure(wav_file(1, 1, 2'000'000'000, 16, 8, Bytes(8)), {.sample_rate = 16000}),
            InputErrorKind::kDamaged);
}

// Everything that is written to the standard error output while it lives.
class CapturedErrors {
 public:
  CapturedErrors() : file_(std::tmpfile()), before_(::dup(STDERR_FILENO)) {
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  ~CapturedErrors() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::fclose(file_);
  }
  CapturedErrors(const CapturedErrors&) = delete;
  CapturedErrors& operator=(const CapturedErrors&) = delete;

  long bytes() const { return static_cast<long>(::lseek(::fileno(file_), 0, SEEK_END)); }

 private:
  std::FILE* file_;
  int before_;
};

TEST(ReadSound, ReadsOrRefusesMutatedFilesWithoutAWord) {
  std::vector<short> frames(3000);
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<short>(i * i % 9973);
  std::vector<Bytes> originals;
  for (const int format : {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_OGG | SF_FORMAT_VORBIS,
                           SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM, SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM,
                           SF_FORMAT_RF64 | SF_FORMAT_PCM_24, SF_FORMAT_WAV | SF_FORMAT_GSM610})
    originals.push_back(written_by_libsndfile(format, 1, frames));
  for (const std::string_view encoding : kSoundEncodings)
    originals.push_back(encode_sound(encoding, tone(3000)));

  std::mt19937 random(20240607);
  auto below = [&](std::size_t n) { return random() % n; };
  const CapturedErrors captured;
  std::size_t read = 0, refused = 0;
  for (std::size_t round = 0; round < 3000; ++round) {
    Bytes file = originals[round % originals.size()];
    const std::size_t reach = below(2) == 0 ? file.size() : std::min<std::size_t>(file.size(), 96);
    for (std::size_t changes = 1 + below(8); changes > 0; --changes)
      file[below(reach)] = below(3) == 0 ? 0xFF : static_cast<std::uint8_t>(random());
    if (below(4) == 0) file.resize(below(file.size()));
    try {
      read_sound(file, "clip", {.mono = true, .sample_rate = 16000, .max_samples = 1 << 20});
      ++read;
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 300U);
  EXPECT_GT(refused, 300U);
  EXPECT_EQ(captured.bytes(), 0);
}

}  // namespace
}  // namespace byteformer
