#include "bytes/random_uniform.h"

#include <string>

#include "byteformer/error.h"

namespace byteformer {

void add_random_uniform(std::span<std::uint8_t> bytes, std::int32_t low, std::int32_t high,
                        Random& random) {
  if (low > high)
    throw ConfigError("the range of the noise is [" + std::to_string(low) + ", " +
                      std::to_string(high) +
                      "], but the first must not exceed the second. The paper uses [-5, 5], [-10, "
                      "10] and [-20, 20].");
  const std::int64_t values = std::int64_t{high} - low + 1;
  for (std::uint8_t& byte : bytes)  // the conversion is the modulo, also of negative sums
    byte = static_cast<std::uint8_t>(byte + low + random.below(values));
}

}  // namespace byteformer
