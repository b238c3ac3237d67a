#include "byteformer/classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "model/geometry.h"
#include "runtime/classifier_state.h"
#include "runtime/self_test.h"

namespace byteformer {

Classifier::State::State(ModelDirectory directory, const std::vector<GoldenLogits>& golden,
                         ClassifierOptions given)
    : options(given),
      classes(std::move(directory.classes)),
      temperature(directory.temperature),
      unknown_threshold(directory.unknown_threshold),
      model(self_tested(directory, golden, kernel_choices(directory, given.precision), notices)),
      kernels(model.kernels()),
      precision(kernels::name_of(model.precision())) {
  if (options.threads != 1) pool = std::make_unique<ThreadPool>(options.threads);
}

std::size_t Classifier::State::max_bytes() const {
  const ModelConfig& config = model.config();
  if (config.positions == Positions::kSinusoidal) return SIZE_MAX;  // they go on beyond any table
  return max_bytes_for(config.max_tokens, config.kernel_size);
}

void Classifier::State::refuse_empty() const {
  throw InputError(InputErrorKind::kEmpty, "has no bytes, so there is nothing to classify.");
}

void Classifier::State::refuse_long(std::size_t bytes) const {
  const ModelConfig& config = model.config();
  throw InputError(
      InputErrorKind::kTooLong,
      fmt::format("{} bytes make {} tokens, but this model has positions for {} ({} bytes). "
                  "Cut the file, or train with a larger max_num_tokens.",
                  bytes, tokens_for(bytes, config.kernel_size), config.max_tokens, max_bytes()));
}

void Classifier::State::check(const std::vector<float>& logits) const {
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (!std::isfinite(logits[i]))
      throw ModelError(
          fmt::format("the logit of class \"{}\" is {}, but logits are finite numbers: the "
                      "model's weights are damaged or left the range of float32. Use another "
                      "checkpoint, or train again.",
                      classes[i], logits[i]));
}

std::vector<float> Classifier::State::logits(std::span<const std::uint8_t> bytes,
                                             ThreadPool* threads) const {
  if (bytes.empty()) refuse_empty();
  if (bytes.size() > max_bytes()) {
    if (options.long_files == LongFiles::kRefuse) refuse_long(bytes.size());
    bytes = bytes.first(max_bytes());
  }
  std::vector<float> values = model.logits(bytes, threads);
  check(values);
  return values;
}

Prediction Classifier::State::prediction(std::vector<float> logits, std::size_t bytes) const {
  Prediction p;
  p.logits = std::move(logits);
  p.bytes = bytes;
  p.tokens = tokens_for(std::min(bytes, max_bytes()), model.config().kernel_size);

  std::vector<std::size_t> order(p.logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p.logits[a] > p.logits[b]; });
  const double most = p.logits[order[0]];
  auto weight = [&](float logit) { return std::exp((logit - most) / temperature); };
  double sum = 0;
  for (const float logit : p.logits) sum += weight(logit);
  for (std::size_t i = 0; i < std::min(options.top, order.size()); ++i)
    p.top.push_back({classes[order[i]], order[i], weight(p.logits[order[i]]) / sum});
  p.probability = 1 / sum;
  p.unknown = unknown_threshold && p.probability < *unknown_threshold;
  if (!p.unknown) p.label = classes[order[0]];
  return p;
}

Classifier::Classifier(const std::string& model_directory, ClassifierOptions options) {
  ModelDirectory model = load_model(model_directory);
  const std::vector<GoldenLogits> golden = load_golden(model_directory, model.config);
  state_ = std::make_unique<const State>(std::move(model), golden, options);
}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;

const std::vector<std::string>& Classifier::classes() const { return state_->classes; }
const std::string& Classifier::kernels() const { return state_->kernels; }
const std::string& Classifier::precision() const { return state_->precision; }
const std::vector<std::string>& Classifier::notices() const { return state_->notices; }
double Classifier::temperature() const { return state_->temperature; }
std::optional<double> Classifier::unknown_threshold() const { return state_->unknown_threshold; }
std::size_t Classifier::max_bytes() const { return state_->max_bytes(); }

std::vector<float> Classifier::logits(std::span<const std::uint8_t> bytes) const {
  return state_->logits(bytes, state_->pool.get());
}

Prediction Classifier::classify(std::span<const std::uint8_t> bytes) const {
  return state_->prediction(logits(bytes), bytes.size());
}

std::vector<Outcome> Classifier::classify_all(
    std::span<const std::vector<std::uint8_t>> files) const {
  // A file that keeps all threads busy by itself goes alone; the others go side by side.
  constexpr std::size_t kLargeTokens = 4096;
  std::vector<Outcome> outcomes(files.size());
  auto classify_one = [&](std::size_t i, ThreadPool* pool) {
    try {
      outcomes[i].prediction = state_->prediction(state_->logits(files[i], pool), files[i].size());
    } catch (const InputError& error) {
      outcomes[i].error = error;
    }
  };
  ThreadPool* pool = state_->pool.get();
  std::vector<std::size_t> small;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (tokens_for(files[i].size(), state_->model.config().kernel_size) >= kLargeTokens)
      classify_one(i, pool);
    else
      small.push_back(i);
  }
  if (small.size() == 1)
    classify_one(small[0], pool);
  else
    for_each(pool, small.size(), [&](std::size_t i) { classify_one(small[i], nullptr); });
  return outcomes;
}

}  // namespace byteformer
