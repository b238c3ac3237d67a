#include "model/staged_forward.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/parallel.h"
#include "model/head_stage.h"
#include "model/layer_stage.h"
#include "model/merge_stage.h"
#include "model/staged_weights.h"
#include "model/stem.h"

namespace byteformer {

StagedModel::StagedModel(const ModelConfig& config, const TensorMap& weights,
                         kernels::Precision precision, const kernels::Set& set)
    : weights_(std::make_unique<const StagedWeights>(config, weights, set, precision)) {}
StagedModel::~StagedModel() = default;
StagedModel::StagedModel(StagedModel&&) noexcept = default;
StagedModel& StagedModel::operator=(StagedModel&&) noexcept = default;

const ModelConfig& StagedModel::config() const { return weights_->config; }
const char* StagedModel::kernels() const { return weights_->set.name; }
kernels::Precision StagedModel::precision() const { return weights_->precision; }

std::vector<float> StagedModel::logits(std::span<const std::uint8_t> bytes, ThreadPool* pool,
                                       StageTimes* times) const {
  // Blocks enough to keep threads busy, few enough to stay in the caches and to bound memory.
  StagedPass pass(*this, pool, pool == nullptr ? 8 : 16 * pool->threads(), times);
  pass.push(bytes);
  return pass.finish();
}

double StagedModel::peak(kernels::Precision precision) const {
  const kernels::Arithmetic& arithmetic = kernels::arithmetic_of(weights_->set, precision);
  constexpr std::size_t kRounds = 200'000;
  double best = 0;
  for (int run = 0; run < 20; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    const auto done = static_cast<double>(arithmetic.multiply_adds(kRounds));
    best = std::max(
        best,
        done / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

struct StagedPass::State {
  StageContext context;
  HeadStage head;
  std::vector<std::unique_ptr<Stage>> stages;  // last one first
  Stem stem;

  State(const StagedWeights& weights, ThreadPool* pool, std::size_t grain, StageTimes* times)
      : context{weights, pool, grain, times}, head(context), stem(context, chain()) {}

  Stage& chain() {
    Stage* next = &head;
    for (std::size_t i = context.weights.config.layers; i-- > 0;) {
      if (context.weights.config.merges[i])
        next = stages.emplace_back(std::make_unique<MergeStage>(context, i, *next)).get();
      next = stages.emplace_back(std::make_unique<LayerStage>(context, i, *next)).get();
    }
    return *next;
  }
};

StagedPass::StagedPass(const StagedModel& model, ThreadPool* pool, std::size_t grain,
                       StageTimes* times)
    : state_(std::make_unique<State>(*model.weights_, pool, grain, times)) {}
StagedPass::~StagedPass() = default;

void StagedPass::push(std::span<const std::uint8_t> bytes) { state_->stem.push(bytes); }

std::vector<float> StagedPass::finish() {
  state_->stem.finish();
  return state_->head.logits();
}

}  // namespace byteformer
