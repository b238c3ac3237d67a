#include "tensor/safetensors.h"

#include <vector>

#include "fuzz/target.h"

void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  const auto file = std::as_bytes(bytes);
  const Safetensors read =
      parse_safetensors(std::vector<std::byte>(file.begin(), file.end()), "fuzz");
  serialize_safetensors(read);  // what was read can be written, and looks at every byte
}
