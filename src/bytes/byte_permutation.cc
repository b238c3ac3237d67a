#include "bytes/byte_permutation.h"

#include <algorithm>

#include "base/random.h"
#include "bytes/reference_seed.h"

namespace byteformer {

ByteTable reference_byte_permutation() {
  ByteTable table{};
  std::ranges::transform(Random(kReferenceSeed).permutation(table.size()), table.begin(),
                         [](std::size_t value) { return static_cast<std::uint8_t>(value); });
  return table;
}

void permute_bytes(std::span<std::uint8_t> bytes, const ByteTable& table) {
  for (std::uint8_t& byte : bytes) byte = table[byte];
}

}  // namespace byteformer
