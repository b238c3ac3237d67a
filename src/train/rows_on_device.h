// The moves and sums of rows.h in LibTorch's own operations, for tensors on any device.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace byteformer {

// As move_rows(). `back` has, for each row of x, the place that names it, or -1: the gradient is
// gathered by it, so that it has one order as well.
at::Tensor move_rows_on_device(const at::Tensor& x, const at::Tensor& places,
                               const at::Tensor& back);

// As sum_table_rows(), with places [tokens * k].
at::Tensor sum_table_rows_on_device(const at::Tensor& table, const at::Tensor& places,
                                    std::int64_t k);

}  // namespace byteformer
