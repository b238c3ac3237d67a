#include "report/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace byteformer {

template <class Self, class Visitor>
void Metrics::visit(Self& self, const Visitor& visitor) {
  for (auto* number : {&self.top1_, &self.top5_, &self.files_}) visitor(*number);
  visitor(self.loss_);
  for (auto& count : self.confusion_) visitor(count);
  for (auto& bin : self.bins_) {
    visitor(bin.files);
    visitor(bin.probability);
    visitor(bin.accuracy);
  }
}

Metrics::Metrics(std::size_t classes)
    : classes_(classes), confusion_(classes * classes, 0), bins_(10) {}

Metrics::Metrics(std::size_t classes, std::span<const double> totals) : Metrics(classes) {
  std::size_t next = 0;
  const auto take = [&](auto& value) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(totals[next++]);
  };
  visit(*this, take);
}

std::vector<double> Metrics::totals() const {
  std::vector<double> all;
  visit(*this, [&](const auto& value) { all.push_back(static_cast<double>(value)); });
  return all;
}

void Metrics::add(std::span<const float> logits, std::size_t target) {
  // A logit that is not a number (a diverged model) ranks last, or it would pass for right.
  auto rated = [&](std::size_t c) {
    return std::isnan(logits[c]) ? -std::numeric_limits<float>::infinity() : logits[c];
  };
  std::size_t best = 0;
  for (std::size_t c = 1; c < classes_; ++c)
    if (rated(c) > rated(best)) best = c;
  // Rank of the target: classes above it, and equal ones of a lower index.
  std::size_t rank = 0;
  double sum = 0;
  for (std::size_t c = 0; c < classes_; ++c) {
    rank += rated(c) > rated(target) || (rated(c) == rated(target) && c < target) ? 1 : 0;
    sum += std::exp(static_cast<double>(logits[c]) - logits[best]);
  }
  ++files_;
  top1_ += rank < 1 ? 1 : 0;
  top5_ += rank < 5 ? 1 : 0;
  loss_ += std::log(sum) - (static_cast<double>(logits[target]) - logits[best]);
  ++confusion_[target * classes_ + best];
  const double probability = std::isfinite(sum) ? 1 / sum : 0;
  Bin& bin = bins_[std::min<std::size_t>(9, static_cast<std::size_t>(probability * 10))];
  ++bin.files;
  bin.probability += probability;
  bin.accuracy += best == target ? 1 : 0;
}

namespace {

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::size_t Metrics::files() const { return files_; }
std::size_t Metrics::files_of(std::size_t target) const {
  std::size_t all = 0;
  for (std::size_t p = 0; p < classes_; ++p) all += count(target, p);
  return all;
}
double Metrics::top1() const { return share(top1_, files_); }
double Metrics::top5() const { return share(top5_, files_); }
double Metrics::loss() const { return files_ == 0 ? 0 : loss_ / static_cast<double>(files_); }
std::size_t Metrics::count(std::size_t target, std::size_t predicted) const {
  return confusion_[target * classes_ + predicted];
}
std::size_t Metrics::classes() const { return classes_; }

double Metrics::recall(std::size_t c) const { return share(count(c, c), files_of(c)); }

double Metrics::precision(std::size_t c) const {
  std::size_t all = 0;
  for (std::size_t t = 0; t < classes_; ++t) all += count(t, c);
  return share(count(c, c), all);
}

std::vector<Metrics::Bin> Metrics::reliability() const {
  std::vector<Bin> means = bins_;
  for (Bin& bin : means) {
    if (bin.files == 0) continue;
    bin.probability /= static_cast<double>(bin.files);
    bin.accuracy /= static_cast<double>(bin.files);
  }
  return means;
}

double Metrics::expected_calibration_error() const {
  double error = 0;
  for (const Bin& bin : bins_) error += std::abs(bin.probability - bin.accuracy);
  return files_ == 0 ? 0 : error / static_cast<double>(files_);
}

}  // namespace byteformer
