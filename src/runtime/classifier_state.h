// What a Classifier holds, and its Streams use.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "byteformer/classifier.h"
#include "model/golden_logits.h"
#include "model/model_directory.h"
#include "model/staged_forward.h"

namespace byteformer {

struct Classifier::State {
  ClassifierOptions options;
  std::vector<std::string> classes;
  double temperature;
  std::optional<double> unknown_threshold;
  std::vector<std::string> notices;
  StagedModel model;
  std::unique_ptr<ThreadPool> pool;  // none for one thread
  std::string kernels, precision;

  State(ModelDirectory directory, const std::vector<GoldenLogits>& golden, ClassifierOptions given);

  std::size_t max_bytes() const;
  [[noreturn]] void refuse_empty() const;
  [[noreturn]] void refuse_long(std::size_t bytes) const;  // more than max_bytes()

  // Throws InputError or ModelError. `threads` may be null.
  std::vector<float> logits(std::span<const std::uint8_t> bytes, ThreadPool* threads) const;
  // Throws ModelError where a logit is not finite.
  void check(const std::vector<float>& logits) const;
  // Of a file of so many bytes as it was given.
  Prediction prediction(std::vector<float> logits, std::size_t bytes) const;
};

}  // namespace byteformer
