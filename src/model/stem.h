// Bytes to tokens with their positions: the head of the chain.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/stage.h"

namespace byteformer {

class Stem {
 public:
  Stem(const StageContext& context, Stage& next) : context_(context), next_(next) {}

  void push(std::span<const std::uint8_t> bytes);
  void finish();  // pads a file shorter than a token

 private:
  void run(std::size_t tokens);
  void add_positions(std::size_t first, std::size_t count, float* rows) const;

  const StageContext& context_;
  Stage& next_;
  std::vector<std::uint16_t> ids_;  // not yet used up; 256 is padding
  std::size_t done_ = 0;            // tokens
};

}  // namespace byteformer
