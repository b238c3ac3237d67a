// The seed of the reference's two fixed transforms: the positions that are kept and the permutation
// of byte values are the same in every run, worker and batch.
#pragma once

#include <cstdint>

namespace byteformer {

inline constexpr std::uint64_t kReferenceSeed = 2147483647;

}  // namespace byteformer
