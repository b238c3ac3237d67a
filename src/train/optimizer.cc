#include "train/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

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

const Tensor& member(const TensorMap& state, const std::string& name) {
  const auto found = state.find(name);
  if (found == state.end())
    throw ModelError("the checkpoint lacks \"" + name +
                     "\". It is of another architecture or damaged; begin a new run.");
  return found->second;
}

at::Tensor zero_steps(const at::Tensor& parameter) {
  return at::zeros({}, at::device(parameter.device()).dtype(at::kFloat));
}

}  // namespace

AdamW::AdamW(const TrainableModel& model, const Recipe::Optim& options)
    : parameters_(trained_tensors(model)),
      beta1_(options.beta1),
      beta2_(options.beta2),
      eps_(options.eps),
      decay_(options.weight_decay) {}

void AdamW::scale_gradients(double factor) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.grad().defined()) tensor.grad().mul_(factor);
}

double AdamW::gradient_norm() const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> norms;
  for (const auto& [name, tensor] : parameters_)
    if (tensor.grad().defined()) norms.push_back(tensor.grad().norm());
  if (norms.empty()) return 0;
  const at::Tensor all = at::stack(norms).to(at::kCPU, at::kDouble);  // one wait for a device
  double squares = 0;
  for (std::int64_t i = 0; i < all.numel(); ++i)
    squares += all.const_data_ptr<double>()[i] * all.const_data_ptr<double>()[i];
  return std::sqrt(squares);
}

double AdamW::step(double max_gradient_norm) {
  const at::NoGradGuard no_grad;
  const double norm = gradient_norm();
  if (max_gradient_norm > 0 && norm > max_gradient_norm) scale_gradients(max_gradient_norm / norm);
  update(true);
  update(false);
  clear_gradients();
  return norm;
}

void AdamW::update(bool decayed) {
  std::vector<at::Tensor> parameters, gradients, first, second, steps;
  for (const auto& [name, tensor] : parameters_) {
    if (!tensor.grad().defined() || (tensor.dim() > 1) != decayed) continue;
    Moments& moments = moments_[name];
    if (!moments.first.defined())
      moments = {at::zeros_like(tensor), at::zeros_like(tensor), zero_steps(tensor)};
    moments.steps.add_(1);
    parameters.push_back(tensor);
    gradients.push_back(tensor.grad());
    first.push_back(moments.first);
    second.push_back(moments.second);
    steps.push_back(moments.steps);
  }
  if (parameters.empty()) return;
  at::_fused_adamw_(parameters, gradients, first, second, /*max_exp_avg_sqs=*/{}, steps, rate_,
                    beta1_, beta2_, decayed ? decay_ : 0, eps_, /*amsgrad=*/false,
                    /*maximize=*/false);
}

void AdamW::clear_gradients() {
  for (const auto& [name, tensor] : parameters_) tensor.mutable_grad().reset();
}

TensorMap AdamW::state() const {
  TensorMap result;
  for (const auto& [name, moments] : moments_) {
    result["exp_avg/" + name] = to_tensor(moments.first);
    result["exp_avg_sq/" + name] = to_tensor(moments.second);
    result["step/" + name] = to_tensor(moments.steps.to(at::kDouble));
  }
  return result;
}

void AdamW::load(const TensorMap& state) {
  if (state.empty()) return;
  for (const auto& [name, tensor] : parameters_) {
    const std::vector<double> steps = member(state, "step/" + name).to_doubles();
    if (steps.size() != 1)
      throw ModelError("the checkpoint's step count of \"" + name +
                       "\" is not one number. Begin a new run.");
    const Moments moments = {from_tensor(member(state, "exp_avg/" + name), tensor.options()),
                             from_tensor(member(state, "exp_avg_sq/" + name), tensor.options()),
                             zero_steps(tensor).add_(steps[0])};
    if (moments.first.sizes() != tensor.sizes() || moments.second.sizes() != tensor.sizes())
      throw ModelError("the checkpoint's moments of \"" + name +
                       "\" have another shape than the model. Begin a new run.");
    moments_[name] = moments;
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
    average.copy_(from_tensor(member(weights, name), average.dtype()));
}

}  // namespace byteformer
