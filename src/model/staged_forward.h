// The staged forward pass: the whole way from bytes to logits as a chain of stages that works while
// bytes arrive, in memory bounded by layers and windows. The same bits for any cutting, any number
// of threads; the simple pass (model/simple_forward.h) is its oracle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "model/config.h"
#include "tensor/tensor.h"

namespace byteformer {

class ThreadPool;
struct StagedWeights;
using StageTimes = std::map<std::string, double>;  // seconds by stage

class StagedModel {
 public:
  // As SimpleModel's; also throws UsageError for a precision that the kernels do not offer.
  StagedModel(const ModelConfig& config, const TensorMap& weights,
              kernels::Precision precision = kernels::Precision::kF32,
              const kernels::Set& set = kernels::chosen_set());
  ~StagedModel();
  StagedModel(StagedModel&&) noexcept;
  StagedModel& operator=(StagedModel&&) noexcept;

  const ModelConfig& config() const;
  const char* kernels() const;  // the set of compute kernels in use, such as "avx2"
  kernels::Precision precision() const;

  // Logits [classes] of a file. Requires tokens_for(bytes) <= max_tokens where positions are
  // learned (sinusoidal ones never end). Const: any number of threads may call it. `pool` may be
  // null: one thread.
  std::vector<float> logits(std::span<const std::uint8_t> bytes, ThreadPool* pool = nullptr,
                            StageTimes* times = nullptr) const;

  // For benchmarks: multiply-adds a second of one thread where nothing comes from memory, in a
  // precision that the set offers.
  double peak(kernels::Precision precision) const;

 private:
  friend class StagedPass;
  std::unique_ptr<const StagedWeights> weights_;
};

// One file that comes in pieces.
class StagedPass {
 public:
  // The model and the pool must outlive the pass. Large grains are for files that lie whole in
  // memory: a stage gathers more before it runs.
  explicit StagedPass(const StagedModel& model, ThreadPool* pool = nullptr, std::size_t grain = 8,
                      StageTimes* times = nullptr);
  ~StagedPass();

  // Requires of all bytes together what logits() does.
  void push(std::span<const std::uint8_t> bytes);
  // Logits [classes]. The pass is over then.
  std::vector<float> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace byteformer
