// A token merge with gradients, on the project's own kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "kernels/kernels.h"

namespace byteformer {

// y [pairs.size() / 2, d]: layer norm of weight [d, 2d] times two rows of x [rows, d]; -1 is a row
// of zeros. No row is named twice. Channel c of the pair's row t meets column 2c + t of the weight,
// as in the reference. All tensors are float32; products in `precision`.
at::Tensor merged_rows(const at::Tensor& x, const std::vector<std::int64_t>& pairs,
                       const at::Tensor& weight, const at::Tensor& norm_weight,
                       const at::Tensor& norm_bias, kernels::Precision precision);

}  // namespace byteformer
