// Random numbers that are the same everywhere: PyTorch's CPU generator and its randperm.
//
// torch.manual_seed(s) on a CPU is std::mt19937 seeded with the low 32 bits of s. randperm(n) swaps
// r[i] with r[i + draw % (n - i)] for i in 0 .. n-2, one 32-bit draw each. rand() is the low 24
// bits times 2^-24.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace byteformer {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(static_cast<std::uint32_t>(seed)) {}

  std::uint32_t next() { return static_cast<std::uint32_t>(engine_()); }
  float uniform() { return static_cast<float>(next() & 0xFFFFFFu) * 0x1p-24f; }  // [0, 1)
  std::int64_t below(std::int64_t bound) { return next() % bound; }  // [0, bound), bound > 0
  std::vector<std::size_t> permutation(std::size_t n);

 private:
  std::mt19937 engine_;
};

// A seed for one purpose out of a run's seed, so that streams do not overlap and do not depend on
// the order in which threads draw: mix_seed(run seed, epoch, sample).
std::uint64_t mix_seed(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0);

// FNV-1a, 64 bits, going on from `hash`: for lists of names and decisions that follow from a name.
inline constexpr std::uint64_t kEmptyHash = 0xCBF29CE484222325u;
std::uint64_t hash_of_text(std::string_view text, std::uint64_t hash = kEmptyHash);

}  // namespace byteformer
