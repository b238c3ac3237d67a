// What a GPU does with rows, on the processor: the same values and gradients as the loops there.
#include "train/rows_on_device.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <functional>

#include "train/rows.h"

namespace byteformer {
namespace {

struct Outcome {
  at::Tensor value, gradient;
};

// Of `operation` at x; the gradient is that of a sum with uneven weights.
Outcome outcome_of(const at::Tensor& x,
                   const std::function<at::Tensor(const at::Tensor&)>& operation) {
  const at::Tensor leaf = x.clone().set_requires_grad(true);
  const at::Tensor y = operation(leaf);
  const at::Tensor weights = (y.detach() * 3).sin();
  (y * weights).sum().backward();
  return {y.detach(), leaf.grad()};
}

TEST(RowsOnADevice, MoveAsOnTheProcessor) {
  // Row 1 goes nowhere; two places take no row.
  const std::vector<std::int64_t> places = {3, -1, 0, 2, -1}, back = {2, -1, 3, 0};
  const at::Tensor x = at::randn({4, 6});
  const Outcome loops = outcome_of(x, [&](const at::Tensor&t) { return move_rows(t, places); }),
                operations = outcome_of(x, [&](const at::Tensor&t) {
                  return move_rows_on_device(t, index_tensor(places), index_tensor(back));
                });
  EXPECT_TRUE(at::equal(operations.value, loops.value)) << operations.value;
  EXPECT_TRUE(at::equal(operations.gradient, loops.gradient)) << operations.gradient;
}

TEST(RowsOnADevice, AZeroRowIsZeroWhateverTheFirstRowHolds) {
  const at::Tensor x = at::randn({2, 3}).log();  // with NaN
  const at::Tensor moved = move_rows_on_device(x, index_tensor({-1}), index_tensor({-1, -1}));
  EXPECT_EQ(moved.abs().sum().item<double>(), 0);
}

TEST(RowsOnADevice, SumFromTheTableAsOnTheProcessor) {
  constexpr std::int64_t kSlice = 5;
  for (const std::int64_t k : {1, 4}) {
    for (const std::int64_t d : {64, 6}) {  // with a kernel of ours and without
      std::vector<std::int64_t>
          places;  // of 30 tokens: rows that come often and rows that never do
      for (std::int64_t t = 0; t < 30; ++t)
        for (std::int64_t p = 0; p < k; ++p) places.push_back(p * kSlice + t * t % kSlice);
      const at::Tensor table = at::randn({k * kSlice, d});
      const Outcome loops = outcome_of(
                        table, [&](const at::Tensor&t) { return sum_table_rows(t, places, k); }),
                    operations = outcome_of(table, [&](const at::Tensor&t) {
                      return sum_table_rows_on_device(t, index_tensor(places), k);
                    });
      EXPECT_TRUE(at::allclose(operations.value, loops.value, 1e-5, 1e-6)) << k << ", " << d;
      EXPECT_TRUE(at::allclose(operations.gradient, loops.gradient, 1e-4, 1e-5)) << k << ", " << d;
    }
  }
}

}  // namespace
}  // namespace byteformer
