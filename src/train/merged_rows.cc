#include "train/merged_rows.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/gradients.h"
#include "model/config.h"
#include "train/operands.h"
#include "train/rows.h"
#include "train/saved_precision.h"
#include "train/thread_parts.h"

namespace byteformer {
namespace {

using kernels::Arithmetic;
using kernels::Epilogue;
using kernels::Precision;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr std::size_t kRows = 256;  // merged rows that pass at once
constexpr auto kEps = static_cast<float>(ModelConfig::kLayerNormEps);

// What of a product's weights belongs to each of the two rows: every other column of `weight`.
using Halves = std::array<AlignedBytes, 2>;
Halves packed(const Arithmetic& arithmetic, const float* weight, std::size_t d, bool transposed) {
  Halves halves;
  for (std::size_t t = 0; t < 2; ++t) {
    halves[t] = AlignedBytes(arithmetic.packed_size(d, d));
    arithmetic.pack(weight + t, transposed ? 2 : 2 * d, transposed ? 2 * d : 2, d, d,
                    halves[t].data());
  }
  return halves;
}

struct MergedRows : Function<MergedRows> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given,
                            const std::vector<std::int64_t>& given_pairs,
                            const at::Tensor& given_weight, const at::Tensor& norm_weight,
                            const at::Tensor& norm_bias, Precision precision) {
    const at::Tensor x = given.contiguous(), weight = given_weight.contiguous();
    const kernels::Set& set = kernels::chosen_set();
    const Arithmetic& arithmetic = kernels::arithmetic_of(set, precision);
    const auto d = static_cast<std::size_t>(x.size(1)), rows = given_pairs.size() / 2;
    const std::size_t element = arithmetic.element_size;
    const at::Tensor pairs = index_tensor(given_pairs);
    at::Tensor merged = at::empty({static_cast<std::int64_t>(rows), x.size(1)}, at::kFloat),
               y = at::empty_like(merged);
    const Halves halves = packed(arithmetic, weight.const_data_ptr<float>(), d, false);
    auto *sums = merged.mutable_data_ptr<float>(), *to = y.mutable_data_ptr<float>();
    const std::size_t blocks = (rows + kRows - 1) / kRows;
    for_each_part(blocks, thread_parts(blocks),
                  [&](std::size_t, std::size_t begin, std::size_t end) {
                    AlignedFloats wide(kRows * 2 * d);
                    Operands operands(arithmetic);
                    for (std::size_t block = begin; block < end; ++block) {
                      const std::size_t first = block * kRows,
                                        count = std::min(kRows, rows - first), at = first * d;
                      gather_rows(x.const_data_ptr<float>(), given_pairs.data() + 2 * first,
                                  2 * count, d, wide.data());
                      const std::byte* a = operands.of(wide.data(), count * 2 * d);
                      for (std::size_t t = 0; t < 2; ++t)
                        arithmetic.product(a + t * d * element, 2 * d * element, halves[t].data(),
                                           nullptr, sums + at, d, count, d, d,
                                           t == 0 ? Epilogue::kStore : Epilogue::kAdd);
                      set.layer_norm(sums + at, norm_weight.const_data_ptr<float>(),
                                     norm_bias.const_data_ptr<float>(), kEps, to + at, count, d);
                    }
                  });
    context->save_for_backward({x, pairs, weight, norm_weight, merged});
    save_precision(context, precision);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &pairs = saved[1], &weight = saved[2], &norm_weight = saved[3],
                     &merged = saved[4], dy = gradients[0].contiguous();
    const kernels::Set& set = kernels::chosen_set();
    const Precision precision = precision_of(context);
    const Arithmetic& arithmetic = kernels::arithmetic_of(set, precision);
    const kernels::Gradients& turning = *kernels::gradients_of(set, precision);
    const auto d = static_cast<std::size_t>(x.size(1)),
               rows = static_cast<std::size_t>(merged.size(0));
    const std::size_t element = arithmetic.element_size;
    const Halves halves = packed(arithmetic, weight.const_data_ptr<float>(), d, true);
    at::Tensor dx = at::zeros_like(x);
    const std::size_t blocks = (rows + kRows - 1) / kRows, parts = thread_parts(blocks);
    const auto part_count = static_cast<std::int64_t>(parts), width = x.size(1);
    const at::Tensor dw = at::zeros({part_count, 2, width, width}, at::kFloat),
                     dnorm = at::zeros({part_count, 2, width}, at::kFloat);
    for_each_part(blocks, parts, [&](std::size_t part, std::size_t begin, std::size_t end) {
      AlignedFloats wide(kRows * 2 * d), slopes(kRows * d);
      AlignedBytes turned(d * kernels::transposed_size(kRows, element)),
          by_row(arithmetic.packed_size(d, kRows));
      Operands operands(arithmetic), pair_operands(arithmetic);
      float* part_dw = dw.mutable_data_ptr<float>() + part * 2 * d * d;
      float* part_norm = dnorm.mutable_data_ptr<float>() + part * 2 * d;
      for (std::size_t block = begin; block < end; ++block) {
        const std::size_t first = block * kRows, count = std::min(kRows, rows - first),
                          at = first * d;
        const std::int64_t* of_rows = pairs.const_data_ptr<std::int64_t>() + 2 * first;
        std::memset(slopes.data(), 0, count * d * sizeof(float));
        kernels::gradients_of(set).layer_norm(
            merged.const_data_ptr<float>() + at, norm_weight.const_data_ptr<float>(), kEps,
            dy.const_data_ptr<float>() + at, slopes.data(), part_norm, part_norm + d, count, d);
        const std::byte* dz = operands.of(slopes.data(), count * d);
        turning.transpose(dz, d, count, d, turned.data());
        gather_rows(x.const_data_ptr<float>(), of_rows, 2 * count, d, wide.data());
        const std::byte* a = pair_operands.of(wide.data(), count * 2 * d);
        for (std::size_t t = 0; t < 2; ++t) {
          turning.pack_transposed(a + t * d * element, 2 * d, d, count, by_row.data());
          arithmetic.product(turned.data(), kernels::transposed_size(count, element), by_row.data(),
                             nullptr, part_dw + t * d * d, d, d, d, count, Epilogue::kAdd);
        }
        for (std::size_t t = 0; t < 2; ++t)
          arithmetic.product(dz, d * element, halves[t].data(), nullptr, wide.data() + t * d, 2 * d,
                             count, d, d, Epilogue::kStore);
        scatter_rows(wide.data(), of_rows, 2 * count, d, dx.mutable_data_ptr<float>());
      }
    });
    const at::Tensor by_row = dw.sum(0), norms = dnorm.sum(0), none;
    return {dx, none, by_row.permute({1, 2, 0}).reshape(weight.sizes()), norms[0], norms[1], none};
  }
};

}  // namespace

at::Tensor merged_rows(const at::Tensor& x, const std::vector<std::int64_t>& pairs,
                       const at::Tensor& weight, const at::Tensor& norm_weight,
                       const at::Tensor& norm_bias, Precision precision) {
  return MergedRows::apply(x, pairs, weight, norm_weight, norm_bias, precision);
}

}  // namespace byteformer
