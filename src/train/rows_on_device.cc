#include "train/rows_on_device.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding_bag.h>
#include <torch/csrc/autograd/custom_function.h>

namespace byteformer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

at::Tensor gathered(const at::Tensor& x, const at::Tensor& places) {
  return x.index_select(0, places.clamp_min(0)).masked_fill_(places.lt(0).unsqueeze(1), 0);
}

struct MoveRowsOnDevice : Function<MoveRowsOnDevice> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& places,
                            const at::Tensor& back) {
    context->save_for_backward({back});
    return gathered(x, places);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {gathered(gradients[0], context->get_saved_variables()[0]), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor move_rows_on_device(const at::Tensor& x, const at::Tensor& places,
                               const at::Tensor& back) {
  return MoveRowsOnDevice::apply(x, places, back);
}

at::Tensor sum_table_rows_on_device(const at::Tensor& table, const at::Tensor& places,
                                    std::int64_t k) {
  constexpr std::int64_t kSum = 0;
  return std::get<0>(at::embedding_bag(table, places,
                                       at::arange(0, places.numel(), k, places.options()),
                                       /*scale_grad_by_freq=*/false, kSum));
}

}  // namespace byteformer
