// Moving rows of a matrix by index lists, with gradients that are gathers too.
//
// LibTorch's own index operations sum their gradients row by row through tensor objects,
// microseconds each; here every list is known to use a row at most once (or, for the stem's table,
// by position), so that gradients are plain loops with one fixed order. Tensors that are not on the
// processor go the way of rows_on_device.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace byteformer {

// to [count, d]: row places[j] of x [rows, d], or zeros for -1; and back, where -1 goes nowhere.
void gather_rows(const float* x, const std::int64_t* places, std::size_t count, std::size_t d,
                 float* to);
void scatter_rows(const float* from, const std::int64_t* places, std::size_t count, std::size_t d,
                  float* x);

// A list as a tensor: a copy, which autograd keeps until the backward pass, when the list is gone.
at::Tensor index_tensor(const std::vector<std::int64_t>& values, at::Device device = at::kCPU);

// y [places.size(), d]: row places[j] of x [rows, d], or zeros for -1. No row may be named twice.
at::Tensor move_rows(const at::Tensor& x, const std::vector<std::int64_t>& places);

// y [places.size() / k, d]: y[t] = sum over p < k of table[places[t * k + p]]. places[t * k + p]
// must lie in slice p of the table [k * slice, d]: then the slices' gradients are independent and
// each is summed in the order of the tokens.
at::Tensor sum_table_rows(const at::Tensor& table, const std::vector<std::int64_t>& places,
                          std::int64_t k);

}  // namespace byteformer
