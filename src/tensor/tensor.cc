#include "tensor/tensor.h"

#include <bit>
#include <cstring>
#include <limits>

#include "byteformer/error.h"

namespace byteformer {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are read and written in place");

struct TypeFacts {
  DType type;
  std::size_t size;
  const char* name;
};

constexpr TypeFacts kTypes[] = {{DType::kBool, 1, "BOOL"}, {DType::kU8, 1, "U8"},
                                {DType::kI8, 1, "I8"},     {DType::kI16, 2, "I16"},
                                {DType::kI32, 4, "I32"},   {DType::kI64, 8, "I64"},
                                {DType::kF16, 2, "F16"},   {DType::kBF16, 2, "BF16"},
                                {DType::kF32, 4, "F32"},   {DType::kF64, 8, "F64"}};

const TypeFacts& facts_of(DType type) { return kTypes[static_cast<std::size_t>(type)]; }

float float_of_half(std::uint16_t h) {
  const std::uint32_t sign = (h & 0x8000u) << 16, exponent = (h >> 10) & 31u, mantissa = h & 0x3FFu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
    const float value = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -value : value;
  }
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

// Rounded to nearest even.
std::uint16_t half_of_float(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return sign | 0x7E00u;   // NaN
  if (magnitude >= 0x477FF000u) return sign | 0x7C00u;  // rounds to 65520 or more: infinity
  if (magnitude < 0x38800000u) {  // subnormal: adding 0.5 aligns the mantissa and rounds
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000u));
  }
  const std::uint32_t odd = (magnitude >> 13) & 1u;
  return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000u + 0xFFFu + odd) >> 13));
}

float float_of_bfloat(std::uint16_t b) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(b) << 16);
}

std::uint16_t bfloat_of_float(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
    return static_cast<std::uint16_t>((bits >> 16) | 0x40u);  // NaN stays one
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

template <class Element, class Out, class Convert>
void convert(std::span<const std::byte> data, std::vector<Out>& out, Convert convert_one) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Element element;
    std::memcpy(&element, data.data() + i * sizeof(Element), sizeof(Element));
    out[i] = static_cast<Out>(convert_one(element));
  }
}

template <class Out>
std::vector<Out> elements_as(const Tensor& t) {
  std::vector<Out> out(t.data.size() / size_of(t.dtype));
  auto same = [](auto value) { return value; };
  switch (t.dtype) {
    case DType::kBool:
    case DType::kU8:
      convert<std::uint8_t>(t.data, out, same);
      break;
    case DType::kI8:
      convert<std::int8_t>(t.data, out, same);
      break;
    case DType::kI16:
      convert<std::int16_t>(t.data, out, same);
      break;
    case DType::kI32:
      convert<std::int32_t>(t.data, out, same);
      break;
    case DType::kI64:
      convert<std::int64_t>(t.data, out, same);
      break;
    case DType::kF16:
      convert<std::uint16_t>(t.data, out, float_of_half);
      break;
    case DType::kBF16:
      convert<std::uint16_t>(t.data, out, float_of_bfloat);
      break;
    case DType::kF32:
      convert<float>(t.data, out, same);
      break;
    case DType::kF64:
      convert<double>(t.data, out, same);
      break;
  }
  return out;
}

}  // namespace

std::size_t size_of(DType type) { return facts_of(type).size; }

std::optional<DType> dtype_named(std::string_view name) {
  for (const TypeFacts& facts : kTypes)
    if (name == facts.name) return facts.type;
  return std::nullopt;
}

const char* name_of(DType type) { return facts_of(type).name; }

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  for (std::size_t dimension : shape) {
    if (dimension != 0 && count > std::numeric_limits<std::size_t>::max() / dimension)
      throw FormatError(
          "a tensor of shape " + to_string(shape) +
          " has more than 2^64 elements, which no file can hold. The file is damaged.");
    count *= dimension;
  }
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

Tensor Tensor::from_floats(Shape shape, std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  return {DType::kF32, std::move(shape), std::vector<std::byte>(bytes.begin(), bytes.end())};
}

std::vector<float> Tensor::to_floats() const { return elements_as<float>(*this); }

std::vector<double> Tensor::to_doubles() const { return elements_as<double>(*this); }

Tensor Tensor::converted_to(DType floating) const {
  if (floating == dtype) return *this;
  const std::vector<float> values = to_floats();
  if (floating == DType::kF32) return from_floats(shape, values);
  if (floating != DType::kF16 && floating != DType::kBF16)
    throw UsageError(std::string("tensors can be converted to F32, F16 or BF16, not to ") +
                     name_of(floating) + ".");
  std::vector<std::byte> bytes(values.size() * 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t bits =
        floating == DType::kF16 ? half_of_float(values[i]) : bfloat_of_float(values[i]);
    std::memcpy(bytes.data() + 2 * i, &bits, 2);
  }
  return {floating, shape, std::move(bytes)};
}

Floats::Floats(const Tensor& tensor) {
  const bool is_aligned =
      reinterpret_cast<std::uintptr_t>(tensor.data.data()) % alignof(float) == 0;
  if (tensor.dtype == DType::kF32 && is_aligned) {
    kept_ = tensor.data;
    values_ = {reinterpret_cast<const float*>(kept_.data()), kept_.size() / sizeof(float)};
  } else {
    converted_ = tensor.to_floats();
    values_ = converted_;
  }
}

}  // namespace byteformer
