#include "codec/encode_sound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include "byteformer/error.h"
#include "codec/mp3.h"
#include "codec/wav.h"
#include "tests/golden_sound.h"

namespace byteformer {
namespace {

std::string hex(const std::vector<std::uint8_t>& bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < std::min(count, bytes.size()); ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

TEST(EncodeSound, WritesTheReferencesBytesOfEveryEncoding) {
  std::size_t whole_files = 0, heads = 0;
  const nlohmann::json index = golden::sound_index("encodings");
  for (const auto& clip : index["audio"]) {
    const Waveform waveform =
        golden::waveform("encodings/" + clip["input_f32"]["file"].get<std::string>(),
                         clip["shape"][0], clip["audio_fps"]);
    for (const std::string_view encoding : kSoundEncodings) {
      const auto& expected = clip["encodings"][std::string(encoding)];
      const std::vector<std::uint8_t> bytes = encode_sound(encoding, waveform);
      const std::string what = clip["name"].get<std::string>() + " " + std::string(encoding);
      ASSERT_EQ(bytes.size(), expected["length"]) << what;
      if (expected.contains("file")) {
        EXPECT_TRUE(bytes == golden::sound_file("encodings/" + expected["file"].get<std::string>()))
            << what;
        ++whole_files;
      } else {
        EXPECT_EQ(hex(bytes, 64), expected["first64"]) << what;
        ++heads;
      }
    }
  }
  EXPECT_EQ(whole_files, 31U);
  EXPECT_EQ(heads, 4U);
}

TEST(EncodeSound, ListsTheEncodingsWhenItIsAskedForAnother) {
  try {
    encode_sound("wav_int24", {});
    FAIL();
  } catch (const UsageError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("wav_int24"), std::string::npos);
    for (const std::string_view name : kSoundEncodings)
      EXPECT_NE(text.find(name), std::string::npos) << text;
  }
}

TEST(EncodeSound, KnowsTheNamesOfTheReferencesRecipes) {
  const nlohmann::json recipes =
      nlohmann::json::parse(golden::sound_file("recipes/data_options_by_recipe.json"));
  std::set<std::string_view> used;
  for (const auto& [name, keys] : recipes.items())
    if (keys.contains("torchaudio_save.format"))
      used.insert(sound_encoding(keys["torchaudio_save.format"].get<std::string>(),
                                 keys["torchaudio_save.encoding_dtype"].get<std::string>()));
  EXPECT_EQ(used.size(), kSoundEncodings.size());
  EXPECT_THROW(sound_encoding("ogg", "int16"), ConfigError);
  EXPECT_THROW(sound_encoding("wav", "int24"), ConfigError);
}

TEST(EncodeSound, TakesSamplesThatAreNoNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), big = 1e30F;
  for (const std::string_view encoding : kSoundEncodings)
    EXPECT_FALSE(encode_sound(encoding, {16000, 1, {nan, big, -big, 0}}).empty()) << encoding;
}

TEST(EncodeSound, TakesNoSamplesAtAll) {
  for (const std::string_view encoding : kSoundEncodings)
    EXPECT_NO_THROW(encode_sound(encoding, {16000, 1, {}})) << encoding;
}

TEST(Mp3Encoder, GivesTheSameBytesFromManyThreads) {
  Waveform waveform{16000, 1, {}};
  for (int i = 0; i < 16000; ++i)
    waveform.samples.push_back(0.5F * std::sin(0.001F * static_cast<float>(i * (i % 700))));
  const std::vector<std::uint8_t> expected = encode_mp3(waveform);
  std::vector<std::vector<std::uint8_t>> got(4);
  std::vector<std::thread> threads;
  for (auto& bytes : got) threads.emplace_back([&] { bytes = encode_mp3(waveform); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& bytes : got) EXPECT_TRUE(bytes == expected);
}

TEST(Mp3Encoder, RefusesARateThatMpegDoesNotHave) {
  EXPECT_THROW(encode_mp3({100, 1, {0, 0}}), UsageError);
  EXPECT_THROW(encode_mp3({0, 1, {0, 0}}), UsageError);
}

TEST(Mp3Encoder, NamesItsVersion) { EXPECT_EQ(mp3_encoder_version(), "LAME 3.100"); }

TEST(MissingWavBytes, CountsWhatACutFileLacks) {
  std::vector<std::uint8_t> file = encode_wav({16000, 1, std::vector<float>(10)}, WavType::kInt16);
  EXPECT_EQ(missing_wav_bytes(file), 0U);
  file.erase(file.end() - 3, file.end());
  EXPECT_EQ(missing_wav_bytes(file), 3U);
  for (std::size_t i = 40; i < 44; ++i) file[i] = 0xFF;  // as it was streamed
  EXPECT_EQ(missing_wav_bytes(file), 0U);
  for (std::size_t length = 0; length < 44; ++length)
    EXPECT_EQ(missing_wav_bytes(std::span(file).first(length)), 0U);
}

}  // namespace
}  // namespace byteformer
