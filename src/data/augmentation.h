// Augmentation of files as they are: of a picture that is an uncompressed TIFF file (flip, shift,
// erase), of sound that is a WAV file (wav_augmentation.h), on their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "recipe/recipe.h"

namespace byteformer {

// Pictures get what is asked for pictures, sound what is asked for sound. The number of draws does
// not depend on their outcome. Throws InputError of kind damaged if something is to be done and the
// file is neither a picture as encode_tiff() writes it, with something asked for pictures, nor a
// WAV file of 16-bit samples, with something asked for sound; `name` is for the message.
void augment(std::vector<std::uint8_t>& file, const Recipe::Augmentation& augmentation,
             Random& random, const std::string& name);

}  // namespace byteformer
