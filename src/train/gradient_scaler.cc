#include "train/gradient_scaler.h"

#include <cmath>

#include "train/optimizer.h"

namespace byteformer {

bool GradientScaler::unscale(AdamW& optimizer) {
  optimizer.scale_gradients(1 / state_.scale);
  const bool are_finite = std::isfinite(optimizer.gradient_norm());
  update(are_finite);
  return are_finite;
}

void GradientScaler::update(bool are_finite) {
  constexpr double kGrowth = 2, kBackoff = 0.5;
  constexpr std::size_t kStepsToGrowth = 2000;
  if (!are_finite)
    state_ = {state_.scale * kBackoff, 0};
  else if (++state_.steps == kStepsToGrowth)
    state_ = {state_.scale * kGrowth, 0};
}

}  // namespace byteformer
