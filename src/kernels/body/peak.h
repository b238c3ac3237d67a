// How fast the machine multiplies and adds where nothing comes from memory: what benchmarks compare
// with.
unsigned long multiply_adds(unsigned long rounds) noexcept {
  constexpr unsigned long kSums = kRows * kVectors < 12 ? 12 : kRows * kVectors;
  Vec sums[kSums], factor = splat(0.999F), term = splat(0.001F);
  for (unsigned long s = 0; s < kSums; ++s) sums[s] = splat(static_cast<float>(s));
  for (unsigned long i = 0; i < rounds; ++i) {
#pragma GCC unroll 32
    for (unsigned long s = 0; s < kSums; ++s) sums[s] = sums[s] * factor + term;
  }
  Vec all = {};
  for (unsigned long s = 0; s < kSums; ++s) all += sums[s];
  float lanes[kLanes];
  store(lanes, all);
  asm volatile("" : : "m"(lanes));
  return rounds * kSums * kLanes;
}
