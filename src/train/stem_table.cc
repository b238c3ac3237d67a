#include "train/stem_table.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "kernels/gradients.h"
#include "tensor/aligned.h"
#include "train/operands.h"
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

std::size_t extent(const at::Tensor& x, std::int64_t dimension) {
  return static_cast<std::size_t>(x.size(dimension));
}

struct StemTable : Function<StemTable> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given_embedding,
                            const at::Tensor& given_weight, Precision precision) {
    const at::Tensor embedding = given_embedding.contiguous(), weight = given_weight.contiguous();
    context->save_for_backward({embedding, weight});
    save_precision(context, precision);
    const Arithmetic& arithmetic = kernels::arithmetic_of(kernels::chosen_set(), precision);
    const std::size_t entries = extent(embedding, 0), d = extent(embedding, 1),
                      k = extent(weight, 2);
    at::Tensor table = at::empty({static_cast<std::int64_t>(k * entries), embedding.size(1)},
                                 embedding.options().requires_grad(false));
    Operands operands(arithmetic);
    const std::byte* rows = operands.of(embedding.const_data_ptr<float>(), entries * d);
    const float* w = weight.const_data_ptr<float>();
    auto* to = table.mutable_data_ptr<float>();
    at::parallel_for(0, weight.size(2), 1, [&](std::int64_t begin, std::int64_t end) {
      AlignedBytes packed(arithmetic.packed_size(d, d));
      for (auto p = static_cast<std::size_t>(begin); p < static_cast<std::size_t>(end); ++p) {
        arithmetic.pack(w + p, d * k, k, d, d, packed.data());  // rows o, columns i
        arithmetic.product(rows, d * arithmetic.element_size, packed.data(), nullptr,
                           to + p * entries * d, d, entries, d, d, Epilogue::kStore);
      }
    });
    return table;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &embedding = saved[0], &weight = saved[1], dtable = gradients[0].contiguous();
    const kernels::Set& set = kernels::chosen_set();
    const Precision precision = precision_of(context);
    const Arithmetic& arithmetic = kernels::arithmetic_of(set, precision);
    const kernels::Gradients& turning = *kernels::gradients_of(set, precision);
    const std::size_t entries = extent(embedding, 0), d = extent(embedding, 1),
                      k = extent(weight, 2), element = arithmetic.element_size,
                      turned_row = kernels::transposed_size(entries, element);
    at::Tensor dweight = at::empty_like(weight);
    AlignedBytes by_entry(arithmetic.packed_size(d, entries));
    turning.pack_transposed(Operands(arithmetic).of(embedding.const_data_ptr<float>(), entries * d),
                            d, d, entries, by_entry.data());
    const float *w = weight.const_data_ptr<float>(), *slopes = dtable.const_data_ptr<float>();
    auto* dw = dweight.mutable_data_ptr<float>();
    const std::size_t parts = thread_parts(k);
    std::vector<at::Tensor> sums(parts);  // of the embedding's gradient
    for_each_part(k, parts, [&](std::size_t part, std::size_t first, std::size_t last) {
      AlignedBytes packed(arithmetic.packed_size(d, d)), turned(d * turned_row);
      Operands operands(arithmetic);
      AlignedFloats of_position(d * d);
      sums[part] = at::zeros(embedding.sizes(), at::kFloat);
      auto* sum = sums[part].mutable_data_ptr<float>();
      for (std::size_t p = first; p < last; ++p) {
        const std::byte* dt = operands.of(slopes + p * entries * d, entries * d);
        arithmetic.pack(w + p, k, d * k, d, d, packed.data());  // rows i, columns o
        arithmetic.product(dt, d * element, packed.data(), nullptr, sum, d, entries, d, d,
                           Epilogue::kAdd);
        turning.transpose(dt, d, entries, d, turned.data());
        arithmetic.product(turned.data(), turned_row, by_entry.data(), nullptr, of_position.data(),
                           d, d, d, entries, Epilogue::kStore);
        for (std::size_t i = 0; i < d * d; ++i) dw[i * k + p] = of_position.data()[i];
      }
    });
    for (std::size_t part = 1; part < parts; ++part) sums[0].add_(sums[part]);
    return {sums[0], dweight, at::Tensor()};
  }
};

}  // namespace

at::Tensor stem_table(const at::Tensor& embedding, const at::Tensor& weight,
                      kernels::Precision precision) {
  return StemTable::apply(embedding, weight, precision);
}

}  // namespace byteformer
