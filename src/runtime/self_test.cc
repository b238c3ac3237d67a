#include "runtime/self_test.h"

#include <fmt/format.h>

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

StagedModel self_tested(const ModelDirectory& model, const std::vector<GoldenLogits>& golden,
                        kernels::Precision precision, std::span<const kernels::Set* const> sets,
                        std::vector<std::string>& notices) {
  const double bound = self_test_bound(precision);
  const bool is_tested = is_quick(model.config, golden);
  std::string failed;
  for (const kernels::Set* set : sets) {
    if (kernels::offered(*set, precision) == nullptr) continue;
    StagedModel staged(model.config, model.weights, precision, *set);
    if (!is_tested) return staged;
    const double difference = golden_difference(
        golden, [&](std::span<const std::uint8_t> bytes) { return staged.logits(bytes); });
    if (difference <= bound) return staged;
    notices.push_back(fmt::format(
        "the kernels \"{}\" ({}) are left out: on this machine they give logits that are "
        "off by {:.2g} of their rms from the model's golden ones, but at most {:.2g} is "
        "allowed. Report this with the processor's name.",
        set->name, kernels::name_of(precision), difference, bound));
    failed += (failed.empty() ? "" : ", ") + std::string(set->name);
  }
  if (failed.empty()) kernels::arithmetic_of(*sets.front(), precision);  // throws: none offers it
  throw ModelError(fmt::format(
      "no kernels of this machine ({}) give the golden logits that lie beside the model's weights: "
      "the weights or golden.safetensors are damaged. Use another copy of the model.",
      failed));
}

}  // namespace byteformer
