#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "byteformer/error.h"

namespace byteformer {
namespace {

template <class Element>
Tensor tensor_of(DType type, const std::vector<Element>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {type, {values.size()}, std::vector<std::byte>(bytes.begin(), bytes.end())};
}

std::uint16_t rounded(float value, DType type) {
  const Tensor t = Tensor::from_floats({1}, std::vector<float>{value}).converted_to(type);
  std::uint16_t bits = 0;
  std::memcpy(&bits, t.data.data(), 2);
  return bits;
}

float widened(std::uint16_t bits, DType type) {
  return tensor_of<std::uint16_t>(type, {bits}).to_floats()[0];
}

TEST(ElementCount, IsTheProductOfTheShape) {
  EXPECT_EQ(element_count({}), 1u);
  EXPECT_EQ(element_count({2, 3, 5}), 30u);
  EXPECT_EQ(element_count({7, 0}), 0u);
}

TEST(ElementCount, RejectsProductsThatWrap) {
  const std::size_t half = std::size_t{1} << 32;
  EXPECT_EQ(element_count({half, half - 1}), half * (half - 1));
  EXPECT_THROW(element_count({half, half}), FormatError);
  EXPECT_THROW(element_count({3, std::numeric_limits<std::size_t>::max()}), FormatError);
}

TEST(Tensor, ShapesAreShownAsLists) {
  EXPECT_EQ(to_string(Shape{}), "[]");
  EXPECT_EQ(to_string(Shape{64, 192}), "[64, 192]");
}

TEST(Tensor, EveryTypeIsReadAsFloats) {
  EXPECT_EQ((tensor_of<std::uint8_t>(DType::kU8, {0, 255}).to_floats()),
            (std::vector<float>{0, 255}));
  EXPECT_EQ((tensor_of<std::uint8_t>(DType::kBool, {0, 1}).to_floats()),
            (std::vector<float>{0, 1}));
  EXPECT_EQ((tensor_of<std::int8_t>(DType::kI8, {-128, 5}).to_floats()),
            (std::vector<float>{-128, 5}));
  EXPECT_EQ((tensor_of<std::int16_t>(DType::kI16, {-3, 700}).to_floats()),
            (std::vector<float>{-3, 700}));
  EXPECT_EQ((tensor_of<std::int32_t>(DType::kI32, {-3, 70000}).to_floats()),
            (std::vector<float>{-3, 70000}));
  EXPECT_EQ((tensor_of<std::int64_t>(DType::kI64, {-(1LL << 40)}).to_doubles()),
            (std::vector<double>{-0x1p40}));
  EXPECT_EQ((tensor_of<double>(DType::kF64, {0.1}).to_doubles()), (std::vector<double>{0.1}));
  EXPECT_EQ((tensor_of<double>(DType::kF64, {0.1}).to_floats()), (std::vector<float>{0.1F}));
}

TEST(Tensor, HalfValuesAreThoseOfTheStandard) {
  EXPECT_EQ(widened(0x3C00, DType::kF16), 1.0F);
  EXPECT_EQ(widened(0xC000, DType::kF16), -2.0F);
  EXPECT_EQ(widened(0x7BFF, DType::kF16), 65504.0F);
  EXPECT_EQ(widened(0x0400, DType::kF16), 0x1p-14F);  // smallest normal
  EXPECT_EQ(widened(0x0001, DType::kF16), 0x1p-24F);  // smallest subnormal
  EXPECT_EQ(widened(0x8001, DType::kF16), -0x1p-24F);
  EXPECT_EQ(widened(0xFC00, DType::kF16), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::signbit(widened(0x8000, DType::kF16)));
}

TEST(Tensor, EveryHalfAndBFloatSurvivesTheWayThroughFloat) {
  for (DType type : {DType::kF16, DType::kBF16})
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
      const float value = widened(static_cast<std::uint16_t>(bits), type);
      if (std::isnan(value))
        ASSERT_TRUE(std::isnan(widened(rounded(value, type), type)))
            << name_of(type) << ' ' << bits;
      else
        ASSERT_EQ(rounded(value, type), bits) << name_of(type) << ' ' << value;
    }
}

// Between each two neighbours: just below the middle down, just above up, the middle to the even
// one.
TEST(Tensor, HalfAndBFloatRoundToNearestEven) {
  for (DType type : {DType::kF16, DType::kBF16}) {
    const std::uint32_t infinity = type == DType::kF16 ? 0x7C00 : 0x7F80;
    for (std::uint32_t bits = 0; bits + 1 < infinity; ++bits) {
      const float low = widened(static_cast<std::uint16_t>(bits), type);
      const float high = widened(static_cast<std::uint16_t>(bits + 1), type);
      const float middle =
          static_cast<float>((static_cast<double>(low) + static_cast<double>(high)) / 2);
      ASSERT_EQ(rounded(std::nextafter(middle, 0.0F), type), bits)
          << name_of(type) << ' ' << middle;
      ASSERT_EQ(rounded(std::nextafter(middle, high), type), bits + 1)
          << name_of(type) << ' ' << middle;
      ASSERT_EQ(rounded(middle, type), bits + (bits & 1)) << name_of(type) << ' ' << middle;
    }
  }
}

TEST(Tensor, HalfOverflowsToInfinityFrom65520On) {
  EXPECT_EQ(rounded(65519.99F, DType::kF16), 0x7BFF);
  EXPECT_EQ(rounded(65520.0F, DType::kF16), 0x7C00);
  EXPECT_EQ(rounded(-1e30F, DType::kF16), 0xFC00);
}

TEST(Tensor, ConversionKeepsTheShapeAndRefusesIntegers) {
  const Tensor t = Tensor::from_floats({2, 1}, std::vector<float>{1.5F, -2});
  EXPECT_EQ(t.converted_to(DType::kBF16).shape, (Shape{2, 1}));
  EXPECT_EQ(t.converted_to(DType::kBF16).converted_to(DType::kF32).data, t.data);
  EXPECT_THROW(t.converted_to(DType::kI64), UsageError);
}

TEST(Floats, ArePartOfTheTensorWhereTheyLieThereElseConverted) {
  const Tensor exact = Tensor::from_floats({3}, std::vector<float>{1, 2, 3});
  const Floats same(exact), converted(exact.converted_to(DType::kBF16));
  EXPECT_EQ(static_cast<const void*>(same.data()), exact.data.data());
  ASSERT_EQ(converted.size(), 3U);
  EXPECT_EQ(converted.data()[2], 3);
  // Behind an odd number of bytes a file may hold floats that no processor reads in place.
  std::vector<std::byte> shifted(13);
  std::copy(exact.data.begin(), exact.data.end(), shifted.begin() + 1);
  const SharedBytes bytes(std::move(shifted));
  Floats moved = Floats(Tensor{DType::kF32, {3}, bytes.part(1, 12)});
  Floats target = std::move(moved);
  EXPECT_EQ(target.data()[1], 2);
}

}  // namespace
}  // namespace byteformer
