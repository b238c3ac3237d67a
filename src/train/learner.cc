#include "train/learner.h"

#include "model/parameters.h"
#include "train/autocast.h"
#include "train/device.h"
#include "train/layout.h"
#include "train/loss.h"

namespace byteformer {

Learner::Learner(const Recipe& recipe, at::Device device, ProcessGroup& group)
    : recipe_(recipe),
      model_(recipe.model, recipe.embedding_init, recipe.common.seed,
             at::device(device).dtype(at::kFloat)),
      optimizer_(model_, recipe.optim) {
  if (recipe.common.bf16 && mixed_type(device) == at::kHalf) scaler_.emplace();
  model_.checkpoint_activations(recipe.common.checkpoint_activations);
  // Another machine's mathematical functions may begin with other last bits.
  for (const auto& [name, tensor] : model_.tensors()) group.copy_from_first(tensor.detach());
  if (group.size() > 1) {
    std::vector<at::Tensor> trained;
    for (const auto& [name, tensor] : model_.tensors())
      if (model_.is_trained(name)) trained.push_back(tensor);
    gradient_mean_.emplace(group, std::move(trained));
  }
  if (!recipe.ema.enable) return;
  ema_.emplace(model_, recipe.ema.momentum);
  averaged_.emplace(recipe.model, recipe.embedding_init, recipe.common.seed,
                    at::device(device).dtype(at::kFloat));
}

bool Learner::runs_on_kernels() const {
  const Autocast autocast(recipe_.common.bf16, model_.device());
  return model_.runs_on_kernels();
}

Learner::Pass Learner::forward(const Batch& batch) const {
  Pass pass;
  at::Tensor logits;  // [files, classes]
  {
    const Autocast autocast(recipe_.common.bf16, model_.device());
    logits = model_.forward(recipe_.data.padded_batches ? padded(batch) : batch);
    pass.loss = batch.mixed.empty()
                    ? cross_entropy(logits, batch.targets, recipe_.loss.label_smoothing)
                    : cross_entropy(logits, batch.mixed, recipe_.loss.label_smoothing);
  }
  pass.loss_value = pass.loss.item<double>();
  const at::Tensor answers = logits.detach().argmax(1).to(at::kCPU);
  for (std::size_t i = 0; i < batch.targets.size(); ++i)
    pass.right += answers.const_data_ptr<std::int64_t>()[i] == batch.targets[i] ? 1 : 0;
  return pass;
}

void Learner::backward(const Pass& pass, double weight, bool is_last) {
  const double factor = scaler_ ? weight * scaler_->scale() : weight;
  const at::Tensor loss = factor == 1 ? pass.loss : pass.loss.mul(factor);
  if (gradient_mean_ && is_last)
    gradient_mean_->backward(loss);
  else
    loss.backward();
}

void Learner::step(double learning_rate, std::size_t micro_batches) {
  if (recipe_.common.mean_accumulation && micro_batches > 1)
    optimizer_.scale_gradients(1.0 / static_cast<double>(micro_batches));
  if (scaler_ && !scaler_->unscale(optimizer_)) return drop_gradients();
  optimizer_.set_learning_rate(learning_rate);
  optimizer_.step(recipe_.optim.max_gradient_norm);
  if (ema_) ema_->update(model_);
}

void Learner::drop_gradients() { optimizer_.clear_gradients(); }

const TrainableModel* Learner::averaged() {
  if (!ema_) return nullptr;
  averaged_->load(ema_->weights());
  return &*averaged_;
}

void Learner::save_to(Checkpoint& checkpoint) const {
  checkpoint.weights = model_.weights();
  if (ema_) checkpoint.ema = ema_->weights();
  checkpoint.adamw = optimizer_.state();
  if (scaler_) checkpoint.scaler = scaler_->state();
}

void Learner::load(const Checkpoint& checkpoint) {
  model_.load(checkpoint.weights);
  optimizer_.load(checkpoint.adamw);
  if (scaler_ && checkpoint.scaler) scaler_.emplace(*checkpoint.scaler);
  if (!ema_) return;
  const TensorMap& average = checkpoint.ema.empty() ? checkpoint.weights : checkpoint.ema;
  check_tensors(recipe_.model, average);  // a shape that only broadcasts would be copied in silence
  ema_->load(average);
}

}  // namespace byteformer
