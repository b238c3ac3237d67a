// The names that torch.save gives to types of elements.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "tensor/tensor.h"

namespace byteformer {

inline constexpr std::array<std::pair<std::string_view, DType>, 10> kStorageTypes = {
    {{"torch.FloatStorage", DType::kF32},
     {"torch.DoubleStorage", DType::kF64},
     {"torch.HalfStorage", DType::kF16},
     {"torch.BFloat16Storage", DType::kBF16},
     {"torch.LongStorage", DType::kI64},
     {"torch.IntStorage", DType::kI32},
     {"torch.ShortStorage", DType::kI16},
     {"torch.CharStorage", DType::kI8},
     {"torch.ByteStorage", DType::kU8},
     {"torch.BoolStorage", DType::kBool}}};

}  // namespace byteformer
