#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "recipe/recipe.h"

namespace byteformer {

double learning_rate(const Recipe::Scheduler& s, double epochs, std::size_t iteration) {
  double rate = 0;
  if (iteration < s.warmup_iterations) {
    // In the reference's order of operations: the step first, so that rounding agrees.
    const double step = (s.max_lr - s.warmup_init_lr) / static_cast<double>(s.warmup_iterations);
    rate = s.warmup_init_lr + static_cast<double>(iteration) * step;
  } else {
    const double turn = std::numbers::pi * epochs / static_cast<double>(s.max_epochs);
    rate = s.min_lr + 0.5 * (s.max_lr - s.min_lr) * (1 + std::cos(turn));
  }
  if (rate < 0) rate = 0;
  if (!s.round_rate) return rate;
  // As Python's round(rate, 8): from the exact decimal value and back.
  return std::strtod(fmt::format("{:.8f}", rate).c_str(), nullptr);
}

}  // namespace byteformer
