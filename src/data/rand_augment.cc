#include "data/rand_augment.h"

#include <cmath>
#include <string>
#include <utility>

#include "byteformer/error.h"
#include "codec/crop.h"
#include "data/adjustments.h"
#include "data/affine.h"

namespace byteformer {
namespace {

// torch.linspace as it was recorded: float32, each half counted from its own end, products and sums
// fused (without that, bin 20 of 31 is another number).
float linspace(float first, float last, std::size_t i, std::size_t count) {
  if (count == 1) return first;
  const float step = (last - first) / static_cast<float>(count - 1);
  return i < count / 2 ? std::fma(step, static_cast<float>(i), first)
                       : std::fma(-step, static_cast<float>(count - i - 1), last);
}

// The bits that posterize keeps: 8 for the weakest bin, 4 for the strongest.
double posterize_bits(std::size_t bin, std::size_t bins) {
  if (bins == 1) return 8;
  const float bins_a_bit = static_cast<float>(bins - 1) / 4;
  return 8 - std::nearbyint(static_cast<float>(bin) / bins_a_bit);  // halves to even
}

bool has_sign(AugmentOperation operation) {
  return operation >= AugmentOperation::kShearX && operation <= AugmentOperation::kSharpness;
}

void check(const RandAugment& options) {
  if (options.operations > 100)
    throw ConfigError("RandAugment is to do " + std::to_string(options.operations) +
                      " operations, but at most 100 are allowed. The paper uses 2.");
  if (options.bins > 1000 || options.magnitude >= options.bins)
    throw ConfigError("RandAugment's magnitude is bin " + std::to_string(options.magnitude) +
                      " of " + std::to_string(options.bins) +
                      ", but must be below the number of bins, and that at most 1000. The paper "
                      "uses bin 9 of 31.");
}

}  // namespace

Image augmented(Image image, const AugmentStep& step) {
  check_pixels(image);
  const double magnitude = step.magnitude;
  if (!(std::abs(magnitude) <= kLargestMagnitude))  // so that it fails for NaN as well
    throw UsageError("an operation of RandAugment has magnitude " + std::to_string(magnitude) +
                     ", but at most " + std::to_string(kLargestMagnitude) + " is allowed.");
  switch (step.operation) {
    case AugmentOperation::kIdentity:
      return image;
    case AugmentOperation::kShearX:
      return shear_x(image, magnitude);
    case AugmentOperation::kShearY:
      return shear_y(image, magnitude);
    case AugmentOperation::kTranslateX:
      return translate(image, magnitude, 0);
    case AugmentOperation::kTranslateY:
      return translate(image, 0, magnitude);
    case AugmentOperation::kRotate:
      return rotate(image, magnitude);
    case AugmentOperation::kBrightness:
      return adjust_brightness(std::move(image), 1 + magnitude);
    case AugmentOperation::kColor:
      return adjust_color(std::move(image), 1 + magnitude);
    case AugmentOperation::kContrast:
      return adjust_contrast(std::move(image), 1 + magnitude);
    case AugmentOperation::kSharpness:
      return adjust_sharpness(image, 1 + magnitude);
    case AugmentOperation::kPosterize:
      if (!(magnitude >= 0 && magnitude <= 8))
        throw UsageError("posterize is to keep " + std::to_string(magnitude) +
                         " bits of a byte, but can keep 0 to 8.");
      return posterize(std::move(image), static_cast<int>(magnitude));
    case AugmentOperation::kSolarize:
      return solarize(std::move(image), magnitude);
    case AugmentOperation::kAutoContrast:
      return autocontrast(std::move(image));
    case AugmentOperation::kEqualize:
      return equalize(std::move(image));
  }
  return image;
}

double magnitude_of(AugmentOperation operation, std::size_t bin, std::size_t bins,
                    std::size_t picture_width, std::size_t picture_height) {
  auto up_to = [&](double largest) { return linspace(0, static_cast<float>(largest), bin, bins); };
  switch (operation) {
    case AugmentOperation::kShearX:
    case AugmentOperation::kShearY:
      return up_to(0.3);
    case AugmentOperation::kTranslateX:
      return up_to(150.0 / 331.0 * static_cast<double>(picture_width));
    case AugmentOperation::kTranslateY:
      return up_to(150.0 / 331.0 * static_cast<double>(picture_height));
    case AugmentOperation::kRotate:
      return up_to(30);
    case AugmentOperation::kBrightness:
    case AugmentOperation::kColor:
    case AugmentOperation::kContrast:
    case AugmentOperation::kSharpness:
      return up_to(0.9);
    case AugmentOperation::kPosterize:
      return posterize_bits(bin, bins);
    case AugmentOperation::kSolarize:
      return linspace(255, 0, bin, bins);
    case AugmentOperation::kIdentity:
    case AugmentOperation::kAutoContrast:
    case AugmentOperation::kEqualize:
      return 0;
  }
  return 0;
}

std::vector<AugmentStep> draw_rand_augment(const RandAugment& options, std::size_t picture_width,
                                           std::size_t picture_height, Random& random) {
  check(options);
  std::vector<AugmentStep> steps;
  for (std::size_t i = 0; i < options.operations; ++i) {
    const auto operation = static_cast<AugmentOperation>(random.below(kAugmentOperations));
    double magnitude =
        magnitude_of(operation, options.magnitude, options.bins, picture_width, picture_height);
    if (has_sign(operation) && random.below(2) == 1) magnitude = -magnitude;
    steps.push_back({operation, magnitude});
  }
  return steps;
}

}  // namespace byteformer
