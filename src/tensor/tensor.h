// A tensor: element type, shape, and the bytes of its elements in row-major order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/shared_bytes.h"

namespace byteformer {

enum class DType { kBool, kU8, kI8, kI16, kI32, kI64, kF16, kBF16, kF32, kF64 };

std::size_t size_of(DType type);                          // bytes of an element
std::optional<DType> dtype_named(std::string_view name);  // nothing for an unknown one
const char* name_of(DType type);  // safetensors' name: "F32", "BF16", "I64", ...

using Shape = std::vector<std::size_t>;

// Elements of a shape. Throws FormatError if the product does not fit in 64 bits.
std::size_t element_count(const Shape& shape);
std::string to_string(const Shape& shape);  // "[64, 192]"

struct Tensor {
  DType dtype = DType::kF32;
  Shape shape;
  SharedBytes data;  // element_count(shape) * size_of(dtype) bytes, little endian

  static Tensor from_floats(Shape shape, std::span<const float> values);  // as F32
  // Elements as float32, whatever the type (F16, BF16, F64 and integers are converted).
  std::vector<float> to_floats() const;
  std::vector<double> to_doubles() const;
  // The same values in another floating type (F32, F16, BF16), rounded to nearest even.
  Tensor converted_to(DType floating) const;
};

// A tensor's elements as floats, without a copy where they lie so.
class Floats {
 public:
  Floats() = default;
  explicit Floats(const Tensor& tensor);
  Floats(Floats&&) noexcept = default;  // a moved vector's elements stay where they are
  Floats& operator=(Floats&&) noexcept = default;

  const float* data() const { return values_.data(); }
  std::size_t size() const { return values_.size(); }
  // NOLINTNEXTLINE(google-explicit-constructor): it is one
  operator std::span<const float>() const { return values_; }

 private:
  SharedBytes kept_;
  std::vector<float> converted_;
  std::span<const float> values_;
};

// Ordered by name, so that writing is deterministic.
using TensorMap = std::map<std::string, Tensor>;

}  // namespace byteformer
