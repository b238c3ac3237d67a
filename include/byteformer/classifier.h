// Start here: a model that names files by their bytes.
//
//   byteformer::Classifier classifier("models/fashion-mnist-tiff");
//   byteformer::Prediction p = classifier.classify(bytes);
//   std::cout << p.label << ' ' << p.probability << '\n';
//
// A model is a directory (config.json, model.safetensors, golden.safetensors, README.md) that
// `byteformer train` writes; its weights are mapped, so replace it by renaming, never in place. The
// result depends on the bytes, the model, the precision and (in its last bits, between sets without
// and with fused multiply-add) the kernels: not on threads, order, or the company of other files.
// Const after construction: any number of threads may call classify() and logits() on one object. A
// child of fork() may go on with it, on its one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "byteformer/error.h"
#include "byteformer/export.h"

namespace byteformer {

struct ScoredLabel {
  std::string label;
  std::size_t class_index;
  double probability;  // softmax of logits / temperature over all classes, computed in double
};

struct Prediction {
  std::string label;  // of the most probable class; empty if unknown
  double probability;
  bool unknown = false;          // the probability is below the model's threshold
  std::vector<ScoredLabel> top;  // the most probable classes, best first; ties by class index
  std::vector<float> logits;     // [classes], in class order
  std::size_t bytes = 0;         // of the file as it was given
  std::size_t tokens = 0;        // that the model computed
};

// What became of one of many files: one of the two.
struct Outcome {
  std::optional<Prediction> prediction;
  std::optional<InputError> error;
};

// What to do with a file that has more tokens than the model has positions.
enum class LongFiles {
  kRefuse,  // InputError of kind too_long, which states both numbers
  kCut,     // the bytes that fill the model's positions are used, the rest is not read
};

// What products multiply. Sums, norms, softmax and residuals are float32 in all of them, and so is
// the classifier's last product.
enum class Precision {
  kAuto,  // float32, unless the model records that a faster one named its test files alike
  kF32,
  kBf16,
  kInt8,  // weights a channel, activations a row; attention in BF16
};

struct ClassifierOptions {
  std::size_t top = 5;  // length of Prediction::top; more than the classes means all of them
  LongFiles long_files = LongFiles::kRefuse;
  unsigned threads = 0;  // 0 means what the process may use
  Precision precision = Precision::kAuto;
};

class BYTEFORMER_API Classifier {
 public:
  // Reads a model directory and, where that is little work (about 20 ms at 20 GMAC/s), computes its
  // golden logits with the chosen kernels; kernels that get them wrong are left out (see
  // notices()). Throws IoError, FormatError, ConfigError or ModelError; UsageError for a precision
  // that the machine's kernels do not offer.
  explicit Classifier(const std::string& model_directory, ClassifierOptions options = {});
  ~Classifier();
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;

  // Names one file. NUL bytes are data like any other.
  // Throws InputError: kind empty (no bytes), kind too_long (see LongFiles); ModelError where a
  // logit is not finite.
  Prediction classify(std::span<const std::uint8_t> bytes) const;

  // Many files at once, with the answers that each would have alone: in parallel by files, or
  // within one where it is large. An input that is refused has its error in its place.
  std::vector<Outcome> classify_all(std::span<const std::vector<std::uint8_t>> files) const;

  // Logits only, [classes]. Same errors.
  std::vector<float> logits(std::span<const std::uint8_t> bytes) const;

  const std::vector<std::string>& classes() const;  // names, in the order of the logits

  // As `byteformer eval --calibrate` set them: what logits are divided by before they become
  // probabilities (1: not calibrated), and the probability below which an answer is unknown.
  double temperature() const;
  std::optional<double> unknown_threshold() const;

  // The most bytes that a file may have before it has more tokens than positions; SIZE_MAX where
  // positions are sinusoidal, which never end.
  std::size_t max_bytes() const;

  // The set of compute kernels in use, such as "avx2", and the precision, such as "f32".
  const std::string& kernels() const;
  const std::string& precision() const;
  // What its user should be told: kernels that were left out, and why. Mostly empty.
  const std::vector<std::string>& notices() const;

 private:
  friend class Stream;
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace byteformer
