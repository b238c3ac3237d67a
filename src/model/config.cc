#include "model/config.h"

#include <fmt/format.h>

#include "byteformer/error.h"

namespace byteformer {
namespace {

struct Size {
  std::string_view name;
  std::size_t width, layers, heads, ffn;
};

// The paper's four sizes.
constexpr Size kSizes[] = {{"tiny", 192, 12, 3, 768},
                           {"small", 384, 12, 6, 1536},
                           {"base", 768, 12, 12, 3072},
                           {"huge", 1280, 32, 20, 5120}};

// Larger than anything that could be trained; small enough that products of two stay far from 2^64.
constexpr std::size_t kMaxWidth = 1u << 14, kMaxTokens = 1u << 28, kMaxKernel = 1u << 14,
                      kMaxWindow = 1u << 20, kMaxClasses = 1u << 24;

void check_range(const char* field, std::size_t value, std::size_t low, std::size_t high,
                 const char* remedy) {
  if (value < low || value > high)
    throw ConfigError(
        fmt::format("{} is {}, but must be from {} to {}. {}", field, value, low, high, remedy));
}

void check_length(const char* field, std::size_t entries, std::size_t layers) {
  if (entries != layers)
    throw ConfigError(
        fmt::format("{} has {} entries, but the model has {} layers. Give one value a layer.",
                    field, entries, layers));
}

}  // namespace

std::vector<std::size_t> default_shifts(std::size_t layers) {
  std::vector<std::size_t> shifts(layers);
  for (std::size_t i = 0; i < layers; ++i) shifts[i] = i % 2 == 0 ? 0 : 64;
  return shifts;
}

std::vector<bool> default_merges(std::size_t layers) {
  std::vector<bool> merges(layers, false);
  for (std::size_t i : {0u, 1u, 3u, 5u, 7u, 9u})
    if (i < layers) merges[i] = true;
  return merges;
}

ModelConfig config_of_size(std::string_view size) {
  for (const Size& s : kSizes) {
    if (s.name != size) continue;
    ModelConfig config;
    config.width = s.width;
    config.layers = s.layers;
    config.heads = s.heads;
    config.ffn = s.ffn;
    config.windows.assign(s.layers, 128);
    config.shifts = default_shifts(s.layers);
    config.merges = default_merges(s.layers);
    return config;
  }
  throw ConfigError(
      fmt::format("the size \"{}\" is not known; there are tiny, small, base and huge.", size));
}

void check(const ModelConfig& c) {
  check_range("width", c.width, 64, kMaxWidth, "The paper uses 192, 384, 768 and 1280.");
  if (c.width % ModelConfig::kHeadSize != 0)
    throw ConfigError(fmt::format(
        "width is {}, but must be a multiple of 64, the size of a head. The paper uses 192, "
        "384, 768 and 1280.",
        c.width));
  if (c.heads != c.width / ModelConfig::kHeadSize)
    throw ConfigError(fmt::format("heads is {}, but must be {}: a head has 64 of the {} channels.",
                                  c.heads, c.width / ModelConfig::kHeadSize, c.width));
  check_range("layers", c.layers, 1, ModelConfig::kMaxLayers, "The paper uses 12 and 32.");
  check_range("ffn", c.ffn, 1, 4 * kMaxWidth, "The paper uses four times the width.");
  if (c.kernel_size == 1)
    throw ConfigError(
        "conv_kernel_size is 1, but must be 0 (no stem) or at least 2, since the stride is half of "
        "it. "
        "The paper uses 4, 8, 16 or 32.");
  check_range("conv_kernel_size", c.kernel_size, 0, kMaxKernel, "The paper uses 4, 8, 16 or 32.");
  check_length("window_sizes", c.windows.size(), c.layers);
  check_length("window_shifts", c.shifts.size(), c.layers);
  check_length("downsample", c.merges.size(), c.layers);
  for (std::size_t w : c.windows)
    check_range("a window size", w, 1, kMaxWindow, "The paper uses 32 and 128.");
  for (std::size_t s : c.shifts)
    check_range("a window shift", s, 0, kMaxWindow, "The paper uses 0 and 64.");
  check_range("max_num_tokens", c.max_tokens, 1, kMaxTokens, "The paper uses 50000.");
  check_range("the number of classes", c.classes, 1, kMaxClasses,
              "A classifier needs at least one class.");
}

}  // namespace byteformer
