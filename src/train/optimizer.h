// AdamW with the recipe's split of weight decay, and the moving average of the weights.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "train/modules.h"

namespace byteformer {

// Decay for tensors with more than one dimension, none for the rest; all at one learning rate.
class AdamW {
 public:
  AdamW(const TrainableModel& model, const Recipe::Optim& options);

  void set_learning_rate(double rate) { rate_ = rate; }
  // Scales gradients longer than max_gradient_norm (if that is not 0), steps, and clears them.
  // Returns the norm before.
  double step(double max_gradient_norm);
  void clear_gradients();
  void scale_gradients(double factor);
  double gradient_norm() const;  // of all together

  // Moments and step counts by parameter name, for a checkpoint: "exp_avg/<name>",
  // "exp_avg_sq/<name>", "step/<name>".
  TensorMap state() const;
  void load(const TensorMap& state);  // throws ModelError if one is missing

 private:
  struct Moments {
    at::Tensor first, second, steps;  // undefined before the parameter's first step
  };
  void update(bool decayed);  // in one pass over all four tensors of a parameter

  std::map<std::string, at::Tensor> parameters_;  // trained ones
  std::map<std::string, Moments> moments_;
  double rate_ = 0, beta1_, beta2_, eps_, decay_;
};

// ema = ema * (1 - m) + m * weights, for the whole state dict, after each optimiser step. Starts as
// a copy.
class Ema {
 public:
  Ema(const TrainableModel& model, double momentum);
  void update(const TrainableModel& model);
  TensorMap weights() const;  // in the model's own type
  void load(const TensorMap& weights);

 private:
  std::map<std::string, at::Tensor> average_;
  double momentum_;
};

}  // namespace byteformer
