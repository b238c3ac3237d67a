#include "runtime/self_test.h"

#include <fmt/format.h>

#include <algorithm>

#include "byteformer/error.h"
#include "model/counts.h"

namespace byteformer {

double self_test_bound(kernels::Precision precision) {
  switch (precision) {
    case kernels::Precision::kF32:
      return 1e-4;
    case kernels::Precision::kBf16:
      return 0.05;
    case kernels::Precision::kInt8:
      return 0.15;
  }
  return 0;
}

bool is_quick(const ModelConfig& config, const std::vector<GoldenLogits>& golden) {
  constexpr std::uint64_t kMostMacs = 400'000'000;  // 20 ms at 20 GMAC/s
  std::uint64_t macs = 0;
  for (const GoldenLogits& g : golden) {
    const Macs of_file = macs_padded(config, g.bytes.size());
    macs += of_file.total() - of_file.stem;
  }
  return macs <= kMostMacs;
}

std::vector<KernelChoice> kernel_choices(const ModelDirectory& model, Precision asked) {
  using Of = kernels::Precision;
  const std::vector<const kernels::Set*> sets = kernels::usable_sets();
  const kernels::Set* plain = kernels::all_sets().back();
  std::vector<KernelChoice> choices;
  auto add_sets = [&](Of precision) {
    for (const kernels::Set* set : sets) {
      const bool is_left_out = precision != Of::kF32 && set == plain && sets.size() > 1;
      if (kernels::offered(*set, precision) != nullptr && !is_left_out)
        choices.push_back({set, precision});
    }
    if (choices.empty()) kernels::arithmetic_of(*sets.front(), precision);  // throws
  };
  switch (asked) {
    case Precision::kF32:
      add_sets(Of::kF32);
      break;
    case Precision::kBf16:
      add_sets(Of::kBf16);
      break;
    case Precision::kInt8:
      add_sets(Of::kInt8);
      break;
    case Precision::kAuto:
      for (const Of faster : {Of::kInt8, Of::kBf16})
        if (model.config.masking == Masking::kStrict &&
            std::ranges::find(model.equal_precisions, faster) != model.equal_precisions.end() &&
            kernels::offered(*sets.front(), faster) != nullptr)
          choices.push_back({sets.front(), faster});
      add_sets(Of::kF32);
  }
  return choices;
}

StagedModel self_tested(const ModelDirectory& model, const std::vector<GoldenLogits>& golden,
                        std::span<const KernelChoice> choices, std::vector<std::string>& notices) {
  const bool is_tested = is_quick(model.config, golden);
  std::string failed;
  for (const auto& [set, precision] : choices) {
    StagedModel staged(model.config, model.weights, precision, *set);
    if (!is_tested) return staged;
    const double difference = golden_difference(
                     golden,
                     [&](std::span<const std::uint8_t> bytes) { return staged.logits(bytes); }),
                 bound = self_test_bound(precision);
    if (difference <= bound) return staged;
    const std::string name = fmt::format("{} {}", set->name, kernels::name_of(precision));
    notices.push_back(fmt::format(
        "the kernels {} are left out: their logits are off by {:.2g} of their rms from the model's "
        "golden ones, but at most {:.2g} is allowed. {}",
        name, difference, bound,
        precision == kernels::Precision::kF32
            ? "Report this with the processor's name."
            : "Use float32, or another precision, if this model does not bear this one."));
    failed += (failed.empty() ? "" : ", ") + name;
  }
  throw ModelError(fmt::format(
      "none of the kernels that were tried ({}) give the golden logits that lie beside the model's "
      "weights. {}",
      failed,
      choices.back().precision == kernels::Precision::kF32
          ? "The weights or golden.safetensors are damaged: use another copy of the model."
          : "This model does not bear that precision: use float32."));
}

}  // namespace byteformer
