// Replaces every byte value by another one: the paper's obfuscation by a permutation, which a model
// undoes exactly by permuting its embedding, and the reference's
// image_augmentation.byte_permutation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace byteformer {

using ByteTable = std::array<std::uint8_t, 256>;

// The reference's permutation of 0..255; it is the same in every run.
ByteTable reference_byte_permutation();

// byte = table[byte], in place.
void permute_bytes(std::span<std::uint8_t> bytes, const ByteTable& table);

}  // namespace byteformer
