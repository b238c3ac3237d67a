// What an evaluation counts: top-1, top-5, loss, per class, confusion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace byteformer {

class Metrics {
 public:
  explicit Metrics(std::size_t classes);
  // From totals(), or the sum of those of several: as if one had seen all their files.
  Metrics(std::size_t classes, std::span<const double> totals);
  std::vector<double> totals() const;

  // One file. Logits [classes]; ties go to the lower class index. Loss is cross entropy without
  // smoothing, in double.
  void add(std::span<const float> logits, std::size_t target);

  std::size_t files() const;
  std::size_t files_of(std::size_t target) const;  // of a class
  double top1() const;                             // shares in [0, 1]; 0 without files
  double top5() const;                             // within the 5 (or all, if fewer) most probable
  double loss() const;                             // mean
  std::size_t count(std::size_t target, std::size_t predicted) const;  // confusion
  std::size_t classes() const;
  double recall(std::size_t c) const;     // 0 where the class has no file
  double precision(std::size_t c) const;  // 0 where the class was never predicted

  // For calibration: files, mean probability and accuracy of the predicted class in ten equal bins
  // of probability.
  struct Bin {
    std::size_t files = 0;
    double probability = 0, accuracy = 0;
  };
  std::vector<Bin> reliability() const;
  double expected_calibration_error() const;

 private:
  template <class Self, class Visitor>
  static void visit(Self& self, const Visitor& visitor);  // every number that add() changes

  std::size_t classes_ = 0, top1_ = 0, top5_ = 0, files_ = 0;
  double loss_ = 0;
  std::vector<std::size_t> confusion_;  // [classes, classes], row is the truth
  std::vector<Bin> bins_;               // sums, not means
};

}  // namespace byteformer
