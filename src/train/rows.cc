#include "train/rows.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "kernels/gradients.h"
#include "train/device.h"
#include "train/rows_on_device.h"

namespace byteformer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Places = std::vector<std::int64_t>;

constexpr std::int64_t kGrain = 256;  // rows a thread takes at least

// Rows of so many bytes.
void gather_bytes(const char* x, const std::int64_t* places, std::size_t count, std::size_t bytes,
                  char* to) {
  for (std::size_t j = 0; j < count; ++j, to += bytes) {
    if (places[j] < 0)
      std::memset(to, 0, bytes);
    else
      std::memcpy(to, x + static_cast<std::size_t>(places[j]) * bytes, bytes);
  }
}

at::Tensor gathered(const at::Tensor& given, const std::int64_t* places, std::int64_t count) {
  const at::Tensor x = given.contiguous();
  at::Tensor y = at::empty({count, x.size(1)}, x.options());
  const auto bytes = static_cast<std::size_t>(x.size(1)) * x.element_size();
  const auto* from = static_cast<const char*>(x.const_data_ptr());
  auto* to = static_cast<char*>(y.mutable_data_ptr());
  at::parallel_for(0, count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    gather_bytes(from, places + begin, static_cast<std::size_t>(end - begin), bytes,
                 to + static_cast<std::size_t>(begin) * bytes);
  });
  return y;
}

// Where each of `rows` rows went: the gradient is gathered from there.
Places places_back(const Places& places, std::int64_t rows) {
  Places back(static_cast<std::size_t>(rows), -1);
  for (std::size_t j = 0; j < places.size(); ++j)
    if (places[j] >= 0) back[static_cast<std::size_t>(places[j])] = static_cast<std::int64_t>(j);
  return back;
}

struct MoveRows : Function<MoveRows> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Places& places) {
    context->saved_data["back"] = index_tensor(places_back(places, x.size(0)));
    return gathered(x, places.data(), static_cast<std::int64_t>(places.size()));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor back = context->saved_data["back"].toTensor();
    return {gathered(gradients[0], back.const_data_ptr<std::int64_t>(), back.numel()),
            at::Tensor()};
  }
};

struct SumTableRows : Function<SumTableRows> {
  static bool has_kernel(const at::Tensor& x) {
    return x.scalar_type() == at::kFloat && x.size(1) % kernels::kTableSlice == 0;
  }

  // Rows [begin, end) of y, from the places of these.
  static void sum(const at::Tensor& table, const std::int64_t* places, std::int64_t begin,
                  std::int64_t end, std::int64_t k, const at::Tensor& y) {
    const std::int64_t d = y.size(1);
    if (has_kernel(table))
      return kernels::gradients_of(kernels::chosen_set())
          .sum_rows(table.const_data_ptr<float>(), places, static_cast<std::size_t>(end - begin),
                    static_cast<std::size_t>(k), y.mutable_data_ptr<float>() + begin * d,
                    static_cast<std::size_t>(d));
    AT_DISPATCH_FLOATING_TYPES(table.scalar_type(), "sum_table_rows", [&] {
      const auto* from = table.const_data_ptr<scalar_t>();
      auto* to = y.mutable_data_ptr<scalar_t>() + begin * d;
      for (std::int64_t j = 0; j < (end - begin) * k; ++j)
        for (std::int64_t c = 0; c < d; ++c) to[j / k * d + c] += from[places[j] * d + c];
    });
  }

  // The gradient's slices [first, last).
  static void add(const at::Tensor& gradient, const std::int64_t* places, std::int64_t k,
                  std::int64_t first, std::int64_t last, const at::Tensor& table) {
    const std::int64_t tokens = gradient.size(0), d = gradient.size(1);
    if (has_kernel(gradient))
      return kernels::gradients_of(kernels::chosen_set())
          .add_to_rows(gradient.const_data_ptr<float>(), places, static_cast<std::size_t>(tokens),
                       static_cast<std::size_t>(k), static_cast<std::size_t>(first),
                       static_cast<std::size_t>(last), table.mutable_data_ptr<float>(),
                       static_cast<std::size_t>(d));
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "sum_table_rows_backward", [&] {
      const auto* from = gradient.const_data_ptr<scalar_t>();
      auto* to = table.mutable_data_ptr<scalar_t>();
      for (std::int64_t t = 0; t < tokens; ++t)
        for (std::int64_t p = first; p < last; ++p)
          for (std::int64_t c = 0; c < d; ++c) to[places[t * k + p] * d + c] += from[t * d + c];
    });
  }

  static at::Tensor forward(AutogradContext* context, const at::Tensor& given, const Places& places,
                            std::int64_t k) {
    const at::Tensor table = given.contiguous();
    const std::int64_t d = table.size(1), tokens = static_cast<std::int64_t>(places.size()) / k;
    context->saved_data["places"] = index_tensor(places);
    context->saved_data["k"] = k;
    context->saved_data["rows"] = table.size(0);
    const std::vector<std::int64_t> shape = {tokens, d};
    at::Tensor y =
        has_kernel(table) ? at::empty(shape, table.options()) : at::zeros(shape, table.options());
    at::parallel_for(0, tokens, kGrain, [&](std::int64_t begin, std::int64_t end) {
      sum(table, places.data() + begin * k, begin, end, k, y);
    });
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor gradient = gradients[0].contiguous(),
                     places = context->saved_data["places"].toTensor();
    const std::int64_t k = context->saved_data["k"].toInt(), d = gradient.size(1);
    at::Tensor result = at::zeros({context->saved_data["rows"].toInt(), d}, gradient.options());
    // A slice of the table belongs to one thread.
    at::parallel_for(0, k, 1, [&](std::int64_t first, std::int64_t last) {
      add(gradient, places.const_data_ptr<std::int64_t>(), k, first, last, result);
    });
    return {result, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

void gather_rows(const float* x, const std::int64_t* places, std::size_t count, std::size_t d,
                 float* to) {
  gather_bytes(reinterpret_cast<const char*>(x), places, count, d * sizeof(float),
               reinterpret_cast<char*>(to));
}

void scatter_rows(const float* from, const std::int64_t* places, std::size_t count, std::size_t d,
                  float* x) {
  for (std::size_t j = 0; j < count; ++j, from += d)
    if (places[j] >= 0)
      std::memcpy(x + static_cast<std::size_t>(places[j]) * d, from, d * sizeof(float));
}

at::Tensor index_tensor(const std::vector<std::int64_t>& values, at::Device device) {
  return copied_to(device, at::from_blob(const_cast<std::int64_t*>(values.data()),
                                         {static_cast<std::int64_t>(values.size())}, at::kLong));
}

at::Tensor move_rows(const at::Tensor& x, const std::vector<std::int64_t>& places) {
  if (x.is_cpu()) return MoveRows::apply(x, places);
  return move_rows_on_device(x, index_tensor(places, x.device()),
                             index_tensor(places_back(places, x.size(0)), x.device()));
}

at::Tensor sum_table_rows(const at::Tensor& table, const std::vector<std::int64_t>& places,
                          std::int64_t k) {
  if (table.is_cpu()) return SumTableRows::apply(table, places, k);
  return sum_table_rows_on_device(table, index_tensor(places, table.device()), k);
}

}  // namespace byteformer
