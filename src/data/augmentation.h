// Augmentation of a picture that is an uncompressed TIFF file, on its bytes: flip, shift, erase.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "recipe/recipe.h"

namespace byteformer {

// Changes the pixels in place. The number of draws does not depend on their outcome. Throws
// InputError of kind damaged if something is to be done and the file is no picture as encode_tiff()
// writes it; `name` is for the message.
void augment(std::vector<std::uint8_t>& file, const Recipe::Augmentation& augmentation,
             Random& random, const std::string& name);

}  // namespace byteformer
