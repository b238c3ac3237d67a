// What learns: the model, its optimiser, and the moving average of its weights.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "data/batch.h"
#include "recipe/recipe.h"
#include "train/checkpoint.h"
#include "train/gradient_scaler.h"
#include "train/modules.h"
#include "train/optimizer.h"
#include "train/process_group.h"

namespace byteformer {

class Learner {
 public:
  // The recipe's model has its number of classes. Weights begin the same in every process and stay
  // so.
  Learner(const Recipe& recipe, at::Device device, ProcessGroup& group);

  // A micro batch's way to its loss, and then the gradients added to the parameters'.
  struct Pass {
    at::Tensor loss;  // mean over the files
    double loss_value = 0;
    std::size_t right = 0;  // files whose class has the largest logit
  };
  Pass forward(const Batch& batch) const;
  // The loss counts by `weight`. Before a step, with the last of its micro batches, gradients
  // become means over all processes.
  void backward(const Pass& pass, double weight, bool is_last);

  // One step of the optimiser by the gradients of so many micro batches, and of the average. Where
  // float16 made gradients that are not finite it is left out.
  void step(double learning_rate, std::size_t micro_batches);
  void drop_gradients();

  const TrainableModel& model() const { return model_; }
  bool runs_on_kernels() const;  // in the recipe's precision
  // The average's weights in a model of their own; nothing if the recipe has none.
  const TrainableModel* averaged();

  // The tensors of a checkpoint.
  void save_to(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);  // throws ModelError

 private:
  Recipe recipe_;
  TrainableModel model_;
  AdamW optimizer_;
  std::optional<GradientScaler> scaler_;  // of gradients in float16
  std::optional<Ema> ema_;
  std::optional<TrainableModel> averaged_;
  std::optional<ProcessGroup::GradientMean> gradient_mean_;
};

}  // namespace byteformer
