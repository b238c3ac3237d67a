// Numbers for tests whose values do not matter, the same in every run.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace byteformer {

// Uniform in [-scale, scale).
inline std::vector<float> noise(std::size_t count, unsigned seed, float scale = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> values(count);
  for (float& v : values) v = uniform(engine);
  return values;
}

}  // namespace byteformer
