#include "checkpoint/pt_file.h"
#include "fuzz/target.h"

void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  const PtContents contents = parse_pt(std::as_bytes(bytes), "fuzz");
  serialize_pt(contents.tensors);
  weights_in(contents, PtWeights::kTrained, "fuzz");
}
