// How fast the machine multiplies and adds where nothing comes from memory: what benchmarks compare
// with.
template <class T>
unsigned long multiply_adds(unsigned long rounds) noexcept {
  constexpr unsigned long kSums = kRows * kVectors < 12 ? 12 : kRows * kVectors;
  typename T::Sum sums[kSums] = {};
  IntVec factors = {};
  asm volatile("" : "+m"(factors));  // the compiler is not to know them
  for (unsigned long i = 0; i < rounds; ++i) {
#pragma GCC unroll 32
    for (unsigned long s = 0; s < kSums; ++s)
      sums[s] = T::mac(sums[s], static_cast<int>(rounds), factors);
  }
  asm volatile("" : : "m"(sums));
  return rounds * kSums * kLanes * T::kStep;
}
