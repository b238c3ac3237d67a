// The architecture of a ByteFormer, as plain values. BYTEFORMER's paper: arXiv 2306.00238, section
// 3 and appendix A.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace byteformer {

// How padding is read. See docs/architecture.md, "Two readings of padding".
enum class Masking {
  kReference,  // no mask acts: zero rows of window padding are attended to, shifted windows wrap
               // around
  kStrict,     // the paper's intent: padding and the wrap-around are never attended to
};

enum class Positions { kLearned, kSinusoidal };

struct ModelConfig {
  static constexpr std::size_t kVocabulary = 257;  // 256 byte values and one padding token
  static constexpr int kPaddingId = 256;
  static constexpr std::size_t kHeadSize = 64;
  static constexpr std::size_t kMaxLayers = 1024;  // lists have an entry a layer
  static constexpr double kLayerNormEps = 1e-5;

  std::size_t width = 192;  // d, a multiple of 64
  std::size_t layers = 12;
  std::size_t heads = 3;  // width / 64
  std::size_t ffn = 768;
  std::size_t kernel_size = 16;  // k of the stem; 0 means no stem: one token a byte; 1 is refused
  std::vector<std::size_t> windows;  // [layers]
  std::vector<std::size_t> shifts;   // [layers]; may exceed the window
  std::vector<bool> merges;          // [layers]; true: a token merge follows this layer
  std::size_t max_tokens = 10000;    // rows of the position table
  Positions positions = Positions::kLearned;
  Masking masking = Masking::kStrict;
  std::size_t classes = 0;

  bool operator==(const ModelConfig&) const = default;
};

// tiny, small, base or huge with the paper's windows (128), shifts (0, 64 in turns) and merges
// (after layers 0, 1, 3, 5, 7, 9; huge, which the reference cannot build without lists, takes the
// same merges). Throws ConfigError for another name, listing these.
ModelConfig config_of_size(std::string_view size);

// The paper's lists for a number of layers: shifts 0, 64, 0, 64, ...; merges after 0, 1, 3, 5,
// 7, 9.
std::vector<std::size_t> default_shifts(std::size_t layers);
std::vector<bool> default_merges(std::size_t layers);

// Throws ConfigError that names the field, its value, what is allowed and what to do. Every reader
// calls it.
void check(const ModelConfig& config);

}  // namespace byteformer
