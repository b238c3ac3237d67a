#include "byteformer/classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "base/parallel.h"
#include "model/geometry.h"
#include "model/model_directory.h"
#include "model/simple_forward.h"

namespace byteformer {

struct Classifier::State {
  ClassifierOptions options;
  std::vector<std::string> classes;
  std::optional<double> unknown_threshold;
  SimpleModel model;
  std::unique_ptr<ThreadPool> pool;  // none for one thread
  std::string kernels, precision = "f32";

  State(ModelDirectory directory, ClassifierOptions given)
      : options(given),
        classes(std::move(directory.classes)),
        unknown_threshold(directory.unknown_threshold),
        model(directory.config, directory.weights),
        kernels(model.kernels()) {
    if (options.threads != 1) pool = std::make_unique<ThreadPool>(options.threads);
  }
};

Classifier::Classifier(const std::string& model_directory, ClassifierOptions options)
    : state_(std::make_unique<const State>(load_model(model_directory), options)) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;

const std::vector<std::string>& Classifier::classes() const { return state_->classes; }
const std::string& Classifier::kernels() const { return state_->kernels; }
const std::string& Classifier::precision() const { return state_->precision; }

std::size_t Classifier::max_bytes() const {
  const ModelConfig& config = state_->model.config();
  return max_bytes_for(config.max_tokens, config.kernel_size);
}

std::vector<float> Classifier::logits(std::span<const std::uint8_t> bytes) const {
  const ModelConfig& config = state_->model.config();
  if (bytes.empty())
    throw InputError(InputErrorKind::kEmpty, "has no bytes, so there is nothing to classify.");
  const std::size_t most = max_bytes();
  if (bytes.size() > most) {
    if (state_->options.long_files == LongFiles::kRefuse)
      throw InputError(
          InputErrorKind::kTooLong,
          fmt::format("{} bytes make {} tokens, but this model has positions for {} ({} bytes). "
                      "Cut the file, or train with a larger max_num_tokens.",
                      bytes.size(), tokens_for(bytes.size(), config.kernel_size), config.max_tokens,
                      most));
    bytes = bytes.first(most);
  }
  std::vector<float> logits =
      state_->model.logits(ids_of(bytes, config.kernel_size), state_->pool.get());
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (!std::isfinite(logits[i]))
      throw ModelError(
          fmt::format("the logit of class \"{}\" is {}, but logits are finite numbers: the "
                      "model's weights are damaged or left the range of float32. Use another "
                      "checkpoint, or train again.",
                      state_->classes[i], logits[i]));
  return logits;
}

Prediction Classifier::classify(std::span<const std::uint8_t> bytes) const {
  Prediction p;
  p.logits = logits(bytes);
  p.bytes = bytes.size();
  p.tokens = tokens_for(std::min(bytes.size(), max_bytes()), state_->model.config().kernel_size);

  std::vector<std::size_t> order(p.logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p.logits[a] > p.logits[b]; });
  const double most = p.logits[order[0]];
  double sum = 0;
  for (const float logit : p.logits) sum += std::exp(logit - most);
  for (std::size_t i = 0; i < std::min(state_->options.top, order.size()); ++i)
    p.top.push_back(
        {state_->classes[order[i]], order[i], std::exp(p.logits[order[i]] - most) / sum});
  p.probability = 1 / sum;
  p.unknown = state_->unknown_threshold && p.probability < *state_->unknown_threshold;
  if (!p.unknown) p.label = state_->classes[order[0]];
  return p;
}

}  // namespace byteformer
