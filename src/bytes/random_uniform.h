// Adds noise to every byte: the paper's obfuscation by noise, and the reference's
// image_augmentation.random_uniform.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace byteformer {

// Adds to each byte, in place, an integer drawn uniformly from [low, high], both included, modulo
// 256. One draw a byte, in order. Throws ConfigError if low > high.
void add_random_uniform(std::span<std::uint8_t> bytes, std::int32_t low, std::int32_t high,
                        Random& random);

}  // namespace byteformer
