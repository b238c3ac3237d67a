// How fast the machine multiplies and adds where nothing comes from memory: what benchmarks compare
// with.
template <InVectors T>
unsigned long multiply_adds(unsigned long rounds) noexcept {
  constexpr unsigned long kTile = T::kRows * kVectors, kSums = kTile < 12 ? 12 : kTile;
  int ones = 0x3F803F80;  // about 1 in float32, 1 and 1 in BF16
  typename T::Sum sums[kSums] = {};
  IntVec factors = {};
  asm volatile("" : "+m"(factors), "+m"(ones));  // the compiler is not to know them
  for (unsigned long i = 0; i < rounds; ++i) {
#pragma GCC unroll 32
    for (unsigned long s = 0; s < kSums; ++s) sums[s] = T::mac(sums[s], ones, factors);
  }
  asm volatile("" : : "m"(sums));
  return rounds * kSums * kLanes * T::kStep;
}
