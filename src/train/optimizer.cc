#include "train/optimizer.h"

#include <torch/optim/adamw.h>

#include <cmath>

#include "byteformer/error.h"

namespace byteformer {
namespace {

std::map<std::string, at::Tensor> trained_tensors(const TrainableModel& model) {
  std::map<std::string, at::Tensor> trained;
  for (const auto& [name, tensor] : model.tensors())
    if (model.is_trained(name)) trained.emplace(name, tensor);
  return trained;
}

std::vector<torch::optim::OptimizerParamGroup> groups_of(
    const std::map<std::string, at::Tensor>& parameters, const Recipe::Optim& o) {
  std::vector<at::Tensor> decayed, others;
  for (const auto& [name, tensor] : parameters)
    (tensor.dim() > 1 ? decayed : others).push_back(tensor);
  auto options = [&](double decay) {
    return std::make_unique<torch::optim::AdamWOptions>(
        torch::optim::AdamWOptions(0).betas({o.beta1, o.beta2}).eps(o.eps).weight_decay(decay));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(decayed, options(o.weight_decay));
  groups.emplace_back(others, options(0));
  return groups;
}

const Tensor& member(const TensorMap& state, const std::string& name) {
  const auto found = state.find(name);
  if (found == state.end())
    throw ModelError("the checkpoint lacks \"" + name +
                     "\". It is of another architecture or damaged; begin a new run.");
  return found->second;
}

}  // namespace

AdamW::AdamW(const TrainableModel& model, const Recipe::Optim& options)
    : parameters_(trained_tensors(model)),
      optimizer_(std::make_unique<torch::optim::AdamW>(groups_of(parameters_, options),
                                                       torch::optim::AdamWOptions(0))) {}

AdamW::~AdamW() = default;

void AdamW::set_learning_rate(double rate) {
  for (auto& group : optimizer_->param_groups())
    static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
}

void AdamW::scale_gradients(double factor) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.grad().defined()) tensor.grad().mul_(factor);
}

double AdamW::step(double max_gradient_norm) {
  const at::NoGradGuard no_grad;
  double squares = 0;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.grad().defined()) squares += tensor.grad().square().sum().item<double>();
  const double norm = std::sqrt(squares);
  if (max_gradient_norm > 0 && norm > max_gradient_norm) scale_gradients(max_gradient_norm / norm);
  optimizer_->step();
  clear_gradients();
  return norm;
}

void AdamW::clear_gradients() { optimizer_->zero_grad(); }

TensorMap AdamW::state() const {
  TensorMap result;
  for (const auto& [name, tensor] : parameters_) {
    const auto found = optimizer_->state().find(tensor.unsafeGetTensorImpl());
    if (found == optimizer_->state().end()) continue;  // before the first step
    const auto& s = static_cast<const torch::optim::AdamWParamState&>(*found->second);
    result["exp_avg/" + name] = to_tensor(s.exp_avg());
    result["exp_avg_sq/" + name] = to_tensor(s.exp_avg_sq());
    result["step/" + name] = to_tensor(at::tensor(static_cast<double>(s.step()), at::kDouble));
  }
  return result;
}

void AdamW::load(const TensorMap& state) {
  if (state.empty()) return;
  for (const auto& [name, tensor] : parameters_) {
    auto s = std::make_unique<torch::optim::AdamWParamState>();
    s->exp_avg(from_tensor(member(state, "exp_avg/" + name), tensor.scalar_type()));
    s->exp_avg_sq(from_tensor(member(state, "exp_avg_sq/" + name), tensor.scalar_type()));
    const std::vector<double> steps = member(state, "step/" + name).to_doubles();
    if (steps.size() != 1)
      throw ModelError("the checkpoint's step count of \"" + name +
                       "\" is not one number. Begin a new run.");
    s->step(static_cast<std::int64_t>(steps[0]));
    if (s->exp_avg().sizes() != tensor.sizes() || s->exp_avg_sq().sizes() != tensor.sizes())
      throw ModelError("the checkpoint's moments of \"" + name +
                       "\" have another shape than the model. Begin a new run.");
    optimizer_->state()[tensor.unsafeGetTensorImpl()] = std::move(s);
  }
}

Ema::Ema(const TrainableModel& model, double momentum) : momentum_(momentum) {
  for (const auto& [name, tensor] : model.tensors()) average_[name] = tensor.detach().clone();
}

void Ema::update(const TrainableModel& model) {
  const at::NoGradGuard no_grad;
  for (auto& [name, average] : average_)
    average.mul_(1 - momentum_).add_(model.tensors().at(name), momentum_);
}

TensorMap Ema::weights() const {
  TensorMap weights;
  for (const auto& [name, average] : average_) weights[name] = to_tensor(average);
  return weights;
}

void Ema::load(const TensorMap& weights) {
  for (auto& [name, average] : average_)
    average.copy_(from_tensor(member(weights, name), average.scalar_type()));
}

}  // namespace byteformer
