// Augmentation of sound that is a WAV file of 16-bit samples, on its bytes: speed, offset, gain,
// noise, in this order. All else in the file stays; the declared sizes follow the samples.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "codec/wav.h"
#include "recipe/recipe.h"

namespace byteformer {

// Whether augment_wav() does anything.
bool changes_sound(const Recipe::Augmentation::Wav& augmentation);

// Changes `file`, whose samples are where find_wav_samples() found them. What would leave 16 bits
// is clipped. Samples that used fewer bits, their lowest ones zero, go on to: bytes that a model
// never meets in training would else be all that it meets afterwards. At least half of the sound is
// left by the offset.
void augment_wav(std::vector<std::uint8_t>& file, const WavSamples& found,
                 const Recipe::Augmentation::Wav& augmentation, Random& random);

}  // namespace byteformer
