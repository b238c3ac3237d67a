#include "data/sound_augmentation.h"

#include <gtest/gtest.h>

#include <set>

#include "byteformer/error.h"
#include "codec/encode_sound.h"
#include "codec/read_sound.h"
#include "tests/golden_sound.h"

namespace byteformer {
namespace {

using nlohmann::json;

const std::string kFolder = "audio_preprocessing/";

Waveform read(const std::string& name) {
  return read_sound(golden::sound_file(kFolder + "data/" + name), name);
}

// The clips in the order of the train manifest; the others are its first three.
Waveform clip(std::size_t index) {
  return read(std::vector<std::string>{"a.wav", "b.wav", "c.wav", "d.wav", "stereo.wav"}.at(index));
}

void expect_samples(const Waveform& got, const json& item, const std::string& what) {
  ASSERT_EQ(got.channels, item["shape"][0]) << what;
  const Waveform expected =
      golden::waveform(kFolder + item["audio"]["file"].get<std::string>(), got.channels);
  EXPECT_TRUE(got.samples == expected.samples) << what;
}

// The recorded draws of one item, taken in order.
class Draws {
 public:
  explicit Draws(const json& list) : list_(list) {}
  ~Draws() { EXPECT_EQ(at_, list_.size()); }
  Draws(const Draws&) = delete;
  Draws& operator=(const Draws&) = delete;

  // kind, low, high, value; or "choice among", count, "index", value; or "torch rand", value
  json next(const std::string& kind) {
    const json& draw = list_.at(at_++);
    EXPECT_TRUE(draw[0].get<std::string>().starts_with(kind)) << draw << " for " << kind;
    return draw.back();
  }

 private:
  const json& list_;
  std::size_t at_ = 0;
};

// A clip's way through the transforms of one golden case.
Waveform transformed(std::size_t index, const json& golden_case, Draws& draws) {
  const std::size_t length = golden_case["length"];
  const std::string name = golden_case["name"];
  Waveform waveform = with_length(clip(index), length);
  if (name != "roll") {
    draws.next("choice");  // of the one level
    const std::size_t slot = draws.next("choice");
    const Waveform noise =
        read("_background_noise_/" + golden_case["noise_cache"][slot].get<std::string>());
    const std::size_t start =
        noise.length() < length ? 0 : draws.next("python randint").get<std::size_t>();
    waveform = add_noise(waveform, noise, start, -50);
  }
  if (name != "noise") waveform = roll(std::move(waveform), draws.next("torch randint"));
  return waveform;
}

TEST(SoundAugmentation, GivesTheReferencesClipsOfFixedLength) {
  std::size_t held = 0;
  const json index = golden::sound_index(kFolder);
  for (const json& split : index["dataset"])
    for (std::size_t i = 0; i < split["items"].size(); ++i, ++held)
      expect_samples(with_length(clip(i), split["length"]), split["items"][i],
                     split["mode"].get<std::string>() + " " + std::to_string(i));
  EXPECT_EQ(held, 11U);
}

TEST(SoundAugmentation, GivesTheReferencesTrainingClips) {
  std::size_t held = 0;
  const json index = golden::sound_index(kFolder);
  for (const json& golden_case : index["training"])
    for (const json& item : golden_case["items"]) {
      Draws draws(item["draws"]);
      Waveform waveform = transformed(item["index"], golden_case, draws);
      if (golden_case["name"] == "all_with_mixup") {
        const std::vector<std::size_t> classes = {4, 3, 2, 1, 0};  // of the manifest's clips
        const std::size_t other = draws.next("python randint");
        const Waveform second = transformed(other, golden_case, draws);
        const float share = draws.next("torch rand");
        waveform = mixup(waveform, second, share);
        EXPECT_EQ(mixup_target(5, classes[item["index"]], classes[other], share),
                  item["target"].get<std::vector<float>>());
      }
      expect_samples(waveform, item, item["audio"]["file"]);
      ++held;
    }
  EXPECT_EQ(held, 20U);
}

TEST(SoundAugmentation, AppliesTheReferencesGain) {
  const json index = golden::sound_index(kFolder);
  EXPECT_EQ(with_gain(golden::waveform(kFolder + "gain_in.f32", 1), -6).samples,
            golden::waveform(kFolder + "gain_-6dB_out.f32", 1).samples);
}

TEST(SoundAugmentation, EncodesAndPadsAsTheReferencesCollateStep) {
  const json golden_case = golden::sound_index(kFolder)["collate_int16"];
  const std::size_t rows = golden_case["shape"][0], columns = golden_case["shape"][1];
  std::vector<std::int32_t> ids;
  for (const Waveform& waveform : {with_length(clip(0), 1000), with_length(clip(1), 700)}) {
    const std::vector<std::uint8_t> bytes = encode_sound("wav_int16", waveform);
    ids.insert(ids.end(), bytes.begin(), bytes.end());
    ids.resize((ids.size() + columns - 1) / columns * columns, -1);
  }
  ASSERT_EQ(ids.size(), rows * columns);
  const std::vector<std::uint8_t> expected = golden::sound_file(kFolder + "collate_int16.i32");
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::size_t byte = 0; byte < 4; ++byte)
      ASSERT_EQ(static_cast<std::uint8_t>(ids[i] >> 8 * byte), expected.at(4 * i + byte)) << i;
}

TEST(SoundAugmentation, RefusesNoiseBelowHalfOfTheClip) {
  const Waveform clip_of_five{16000, 1, {1, 2, 3, 4, 5}};
  EXPECT_THROW(add_noise(clip_of_five, {16000, 1, {1, 1}}, 0, 0), UsageError);
  EXPECT_EQ(add_noise(clip_of_five, {16000, 1, {1, 2, 3}}, 0, 0).samples,
            (std::vector<float>{2, 4, 6, 5, 7}));
}

TEST(SoundAugmentation, RefusesWhatDoesNotGoTogether) {
  const Waveform one{16000, 1, {1, 2}}, slow{8000, 1, {1, 2}}, two{16000, 2, {1, 2, 3, 4}},
      three{16000, 3, {1, 2, 3, 4, 5, 6}}, longer{16000, 1, {1, 2, 3}};
  EXPECT_THROW(add_noise(one, slow, 0, 0), UsageError);
  EXPECT_THROW(mixup(one, slow, 0.5F), UsageError);
  EXPECT_THROW(mixup(two, three, 0.5F), UsageError);
  EXPECT_THROW(mixup(one, longer, 0.5F), UsageError);
}

TEST(SoundAugmentation, DrawsEveryAllowedValueAndNoOther) {
  Random random(5);
  std::set<std::size_t> starts;
  std::set<std::int64_t> shifts;
  const Waveform noise{16000, 1, std::vector<float>(12)};
  for (int i = 0; i < 500; ++i) {
    starts.insert(draw_noise_start(noise, 10, random));
    shifts.insert(draw_shift(29, 0.1, random));  // 2.9 is cut to 2
  }
  EXPECT_EQ(starts, (std::set<std::size_t>{0, 1, 2}));
  EXPECT_EQ(shifts, (std::set<std::int64_t>{-2, -1, 0, 1}));
  EXPECT_EQ(draw_noise_start(noise, 20, random), 0U);
  EXPECT_EQ(draw_shift(9, 0.1, random), 0);
}

}  // namespace
}  // namespace byteformer
