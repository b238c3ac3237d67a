// Floats as operands of a product, in memory that is taken once.
#pragma once

#include <cstddef>

#include "kernels/kernels.h"
#include "tensor/aligned.h"

namespace byteformer {

class Operands {
 public:
  explicit Operands(const kernels::Arithmetic& arithmetic) : arithmetic_(arithmetic) {}

  // x itself where floats are operands as they are; else valid until the next call.
  const std::byte* of(const float* x, std::size_t count) {
    if (arithmetic_.from_floats == nullptr) return reinterpret_cast<const std::byte*>(x);
    const std::size_t size = count * arithmetic_.element_size;
    if (memory_.size() < size) memory_ = AlignedBytes(size);
    arithmetic_.from_floats(x, 1, count, memory_.data());
    return memory_.data();
  }

 private:
  const kernels::Arithmetic& arithmetic_;
  AlignedBytes memory_;
};

}  // namespace byteformer
