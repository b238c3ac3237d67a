// The precision of an operation of autograd, from its forward pass to its backward one.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/kernels.h"

namespace byteformer {

inline void save_precision(torch::autograd::AutogradContext* context,
                           kernels::Precision precision) {
  context->saved_data["precision"] = static_cast<std::int64_t>(precision);
}
inline kernels::Precision precision_of(torch::autograd::AutogradContext* context) {
  return static_cast<kernels::Precision>(context->saved_data["precision"].toInt());
}

}  // namespace byteformer
