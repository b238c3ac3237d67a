// Gradients in float16 (a GPU without BF16): the factor by which the loss is multiplied so that
// they neither vanish below its smallest number (6e-8) nor leave its range (65504).
//
// As torch.amp.GradScaler with its defaults: it starts at 65536, doubles after 2000 steps in a row
// whose gradients were finite, and halves where one's were not; that step is left out.
#pragma once

#include <cstddef>

namespace byteformer {

class AdamW;

class GradientScaler {
 public:
  struct State {
    double scale = 65536;
    std::size_t steps = 0;  // with finite gradients, since the scale changed
  };

  GradientScaler() = default;
  explicit GradientScaler(const State& state) : state_(state) {}

  const State& state() const { return state_; }
  double scale() const { return state_.scale; }

  // Before a step, by gradients of a loss times scale(): makes them those of the loss. False where
  // they are not finite; the step is then to be left out.
  bool unscale(AdamW& optimizer);

 private:
  void update(bool are_finite);

  State state_;
};

}  // namespace byteformer
