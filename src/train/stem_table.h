// The stem as a table, with gradients: rebuilt in each step from the convolution and the embedding.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/kernels.h"

namespace byteformer {

// T [k * 257, d]: row p * 257 + b is the sum over i of weight[o, i, p] * embedding[b, i], for
// weight [d, d, k] and embedding [257, d], both float32; products in `precision`.
at::Tensor stem_table(const at::Tensor& embedding, const at::Tensor& weight,
                      kernels::Precision precision);

}  // namespace byteformer
