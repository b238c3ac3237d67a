#include "recipe/schema.h"

namespace byteformer {

void add_training_keys(std::vector<Key>& keys) {
  using Common = Recipe::Common;
  Section<Common> common(keys, "common.", &Recipe::common);
  common.count("accum_freq", &Common::accumulation, 1, "micro batches an optimiser step");
  common.boolean("mean_accumulation", &Common::mean_accumulation,
                 "mean of the micro batches' gradients; false: their sum, as the reference");
  common.boolean("mixed_precision", &Common::bf16, "BF16 autocast");
  common.boolean("checkpoint_activations", &Common::checkpoint_activations,
                 "keep a layer's input alone and compute the rest again: less memory, a third more "
                 "work");
  common.count("seed", &Common::seed, 0, "of initialisation, order and augmentation");
  common.count("max_iterations", &Common::max_iterations, 0,
               "stop after so many optimiser steps; 0: no limit");
  common.count("save_interval_freq", &Common::save_interval, 0,
               "write a checkpoint after so many optimiser steps; 0: every minute or so");

  Section<Recipe::Loss> loss(keys, "loss.classification.cross_entropy.", &Recipe::loss);
  loss.real("label_smoothing", &Recipe::Loss::label_smoothing, 0, 0.99, "of the training loss");

  using Optim = Recipe::Optim;
  Section<Optim> optim(keys, "optim.", &Recipe::optim);
  optim.real("weight_decay", &Optim::weight_decay, 0, 10,
             "of tensors with more than one dimension (AdamW)");
  optim.real("eps", &Optim::eps, 0, 1, "of AdamW");
  optim.real("adamw.beta1", &Optim::beta1, 0, 0.999999, "of AdamW");
  optim.real("adamw.beta2", &Optim::beta2, 0, 0.999999999, "of AdamW");
  optim.real("max_gradient_norm", &Optim::max_gradient_norm, 0, 1e30,
             "longer gradients are scaled down to it; 0: never");

  using Scheduler = Recipe::Scheduler;
  Section<Scheduler> scheduler(keys, "scheduler.", &Recipe::scheduler);
  scheduler.count("max_epochs", &Scheduler::max_epochs, 1, "epochs");
  scheduler.count("warmup_iterations", &Scheduler::warmup_iterations, 0,
                  "optimiser steps of the linear warm-up");
  scheduler.real("warmup_init_lr", &Scheduler::warmup_init_lr, 0, 100,
                 "learning rate where the warm-up begins");
  scheduler.real("cosine.max_lr", &Scheduler::max_lr, 0, 100, "learning rate after the warm-up");
  scheduler.real("cosine.min_lr", &Scheduler::min_lr, 0, 100, "learning rate towards the end");
  scheduler.boolean("round_rate", &Scheduler::round_rate,
                    "round the rate to 8 decimal places, as the reference");

  Section<Recipe::Ema> ema(keys, "ema.", &Recipe::ema);
  ema.boolean("enable", &Recipe::Ema::enable, "keep a moving average of the weights");
  ema.real("momentum", &Recipe::Ema::momentum, 0, 1, "m in ema = ema * (1 - m) + m * weights");
}

}  // namespace byteformer
