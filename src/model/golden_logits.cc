#include "model/golden_logits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "base/random.h"
#include "byteformer/error.h"
#include "model/geometry.h"
#include "model/model_directory.h"
#include "model/simple_forward.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxInputs = 3;
constexpr std::size_t kMaxWindow = 512;          // larger windows are only partly filled
constexpr std::uint64_t kMaxHeader = 64u << 20;  // bytes of the file beside its tensors

// The most tokens that the inputs have together: 2w + 5.
std::size_t most_tokens(const ModelConfig& config) {
  const std::size_t w = *std::max_element(config.windows.begin(), config.windows.end());
  return 2 * std::min(w, kMaxWindow) + 5;
}

// One window and a piece (an odd number of tokens, so that the first merge has an odd row; more
// than any usual shift), a window less one token, and a single token.
std::vector<std::size_t> lengths_of(const ModelConfig& config) {
  const std::size_t w = (most_tokens(config) - 5) / 2;
  std::vector<std::size_t> lengths = {w % 2 == 0 ? w + 5 : w + 4, w - 1, 1};
  for (std::size_t& n : lengths) n = std::clamp<std::size_t>(n, 1, config.max_tokens);
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  return lengths;
}

}  // namespace

std::vector<GoldenLogits> golden_logits(const ModelConfig& config, const TensorMap& weights) {
  const SimpleModel simple(config, weights);
  ThreadPool pool(0);
  Random random(1);
  std::vector<GoldenLogits> golden;
  for (const std::size_t n : lengths_of(config)) {
    // With the bytes after the last whole kernel, which no token holds.
    std::vector<std::uint8_t> bytes(max_bytes_for(n, config.kernel_size));
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random.next());
    std::vector<float> logits = simple.logits(ids_of(bytes, config.kernel_size), &pool);
    golden.push_back({std::move(bytes), std::move(logits)});
  }
  return golden;
}

Safetensors golden_file(const std::vector<GoldenLogits>& golden) {
  Safetensors file;
  for (std::size_t i = 0; i < golden.size(); ++i) {
    const auto view = std::as_bytes(std::span(golden[i].bytes));
    file.tensors[fmt::format("input.{}", i)] = {
        DType::kU8, {view.size()}, std::vector<std::byte>(view.begin(), view.end())};
    file.tensors[fmt::format("logits.{}", i)] =
        Tensor::from_floats({golden[i].logits.size()}, golden[i].logits);
  }
  return file;
}

std::vector<GoldenLogits> load_golden(const fs::path& directory, const ModelConfig& config) {
  const fs::path path = directory / "golden.safetensors";
  const std::size_t k = config.kernel_size, classes = config.classes;
  auto fail = [&](const std::string& what) {
    throw FormatError(fmt::format("{}: {} Save the model again.", path.string(), what));
  };
  std::error_code ignored;
  const std::uint64_t most = kMaxHeader + max_bytes_for(most_tokens(config), k) +
                             kMaxInputs * classes * sizeof(float),
                      bytes = fs::file_size(path, ignored);
  if (!ignored && bytes > most)
    fail(fmt::format("has {} bytes, but at most {} are allowed for this model.", bytes, most));
  const TensorMap tensors = load_safetensors(path).tensors;
  if (tensors.empty() || tensors.size() % 2 != 0 || tensors.size() > 2 * kMaxInputs)
    fail(fmt::format(
        "has {} tensors, but must have input.N and logits.N for N from 0 to at most {}.",
        tensors.size(), kMaxInputs - 1));

  std::vector<GoldenLogits> golden;
  std::size_t tokens = 0;
  for (std::size_t i = 0; i < tensors.size() / 2; ++i) {
    const auto input = tensors.find(fmt::format("input.{}", i)),
               expected = tensors.find(fmt::format("logits.{}", i));
    if (input == tensors.end() || expected == tensors.end())
      fail(fmt::format("input.{0} or logits.{0} is missing.", i));
    if (input->second.dtype != DType::kU8 || input->second.shape.size() != 1)
      fail(fmt::format("input.{} is {} {}, but must be U8 of one dimension.", i,
                       name_of(input->second.dtype), to_string(input->second.shape)));
    if (expected->second.dtype != DType::kF32 || expected->second.shape != Shape{classes})
      fail(fmt::format("logits.{} is {} {}, but must be F32 [{}].", i,
                       name_of(expected->second.dtype), to_string(expected->second.shape),
                       classes));
    const std::size_t n = tokens_for(input->second.data.size(), k);
    tokens += n;
    if (n > config.max_tokens || tokens > most_tokens(config))
      fail(fmt::format("has {} tokens up to input.{}, but at most {} are allowed.", tokens, i,
                       std::min(most_tokens(config), config.max_tokens)));
    const auto* first = reinterpret_cast<const std::uint8_t*>(input->second.data.data());
    golden.push_back({{first, first + input->second.data.size()}, expected->second.to_floats()});
  }
  return golden;
}

double golden_difference(
    const std::vector<GoldenLogits>& golden,
    const std::function<std::vector<float>(std::span<const std::uint8_t>)>& logits) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  double worst = 0;
  for (const GoldenLogits& g : golden) {
    const std::vector<float> computed = logits(g.bytes);
    double squares = 0, difference = 0;
    for (std::size_t c = 0; c < g.logits.size(); ++c) {
      const double recorded = g.logits[c], off = std::abs(computed[c] - recorded);
      // The same fault of the model's own, which its answers will show.
      if (!std::isfinite(recorded) && !std::isfinite(computed[c])) continue;
      squares += recorded * recorded;
      difference = std::isfinite(off) ? std::max(difference, off) : kInfinite;
    }
    if (difference == 0) continue;
    const double rms = std::sqrt(squares / static_cast<double>(g.logits.size()));
    worst = std::max(worst, rms > 0 ? difference / rms : kInfinite);
  }
  return worst;
}

double check_golden(const fs::path& directory) {
  const ModelDirectory model = load_model(directory);
  const std::vector<GoldenLogits> golden = load_golden(directory, model.config);
  const SimpleModel simple(model.config, model.weights);
  ThreadPool pool(0);
  return golden_difference(golden, [&](std::span<const std::uint8_t> bytes) {
    return simple.logits(ids_of(bytes, model.config.kernel_size), &pool);
  });
}

}  // namespace byteformer
