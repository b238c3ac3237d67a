#include "base/random.h"
#include "codec/read_sound.h"
#include "data/wav_augmentation.h"
#include "fuzz/target.h"

void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  if (const std::optional<WavSamples> found = find_wav_samples(bytes)) {
    std::vector<std::uint8_t> file(bytes.begin(), bytes.end());
    Random random(1);
    augment_wav(file, *found, {0.2, 0.1, 6, 0.1}, random);
  }
  SoundOptions options;
  options.max_samples = 1 << 20;  // a hostile file may ask for all of it: keep a run short
  options.sample_rate = 16000;
  read_sound(bytes, "fuzz", options);
}
