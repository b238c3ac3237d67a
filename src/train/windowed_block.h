// A layer of the model as one operation of LibTorch's autograd, on the project's own kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "kernels/kernels.h"
#include "train/layout.h"

namespace byteformer {

// In which precision the project's kernels train a model with so many hidden channels, its stem and
// merges included; or nothing where LibTorch has to: tensors that are not float32 on a CPU, sizes
// that are not multiples of 64, and BF16 autocast without BF16 kernels.
std::optional<kernels::Precision> kernel_precision(const at::Tensor& x, std::size_t hidden);

// y [rows, d] from x [rows, d]; rows that no window of the layout holds become zeros. `parameters`
// in the order of BlockTensors. Where gradients are wanted, activations are kept, 24 d bytes a row
// in BF16; with `recompute` only x is, and the forward pass of a chunk is run again before its
// backward pass. Sums over rows have one order for each number of threads.
at::Tensor windowed_block(const at::Tensor& x, const std::vector<at::Tensor>& parameters,
                          const LayerLayout& layout, kernels::Precision precision, bool recompute);

}  // namespace byteformer
