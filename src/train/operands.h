// Floats as operands of a product.
#pragma once

#include <cstddef>

#include "kernels/kernels.h"
#include "tensor/aligned.h"

namespace byteformer {

// x itself where floats are operands as they are, else `to`, which has room for them.
inline const std::byte* rounded(const kernels::Arithmetic& arithmetic, const float* x,
                                std::size_t count, std::byte* to) {
  if (arithmetic.from_floats == nullptr) return reinterpret_cast<const std::byte*>(x);
  arithmetic.from_floats(x, 1, count, to);
  return to;
}

// The same in memory of its own, which grows as it is asked.
class Operands {
 public:
  explicit Operands(const kernels::Arithmetic& arithmetic) : arithmetic_(arithmetic) {}

  // Valid until the next call.
  const std::byte* of(const float* x, std::size_t count) {
    const std::size_t size = count * arithmetic_.element_size;
    if (arithmetic_.from_floats != nullptr && memory_.size() < size) memory_ = AlignedBytes(size);
    return rounded(arithmetic_, x, count, memory_.data());
  }

 private:
  const kernels::Arithmetic& arithmetic_;
  AlignedBytes memory_;
};

}  // namespace byteformer
