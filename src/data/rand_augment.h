// The reference's RandAugment: a few random operations, one after the other, all of one strength.
//
// The operations, their order, strengths and draws are torchvision 0.17's; tests/golden/recipes has
// the tables. What to do is drawn apart from doing it, so that every result can be repeated.
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"
#include "codec/image.h"

namespace byteformer {

enum class AugmentOperation {  // in the order in which they are drawn
  kIdentity,
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY,
  kRotate,
  kBrightness,
  kColor,
  kContrast,
  kSharpness,
  kPosterize,
  kSolarize,
  kAutoContrast,
  kEqualize,
};
inline constexpr std::size_t kAugmentOperations = 14;

struct AugmentStep {
  AugmentOperation operation = AugmentOperation::kIdentity;
  // Shear: pixels a pixel; translation: pixels right or down; rotation: degrees counter-clockwise;
  // brightness, colour, contrast, sharpness: what is added to a factor of 1; posterize: bits that
  // are kept; solarize: the threshold. 0 for the others.
  double magnitude = 0;
};

inline constexpr double kLargestMagnitude = 1e6;

// What is outside the picture is black. Throws UsageError if the picture has no pixels or not 3
// bytes for each, if it is to keep other than 0 to 8 bits, or for a magnitude beyond the largest.
Image augmented(Image image, const AugmentStep& step);

struct RandAugment {
  std::size_t operations = 2;  // a picture; at most 100
  std::size_t magnitude = 9;   // a bin: 0 is weakest
  std::size_t bins = 31;       // at most 1000
};

// The magnitude of a bin, without its random sign: float32, as in the reference. Translations grow
// with the picture's size. Requires bin < bins.
double magnitude_of(AugmentOperation operation, std::size_t bin, std::size_t bins,
                    std::size_t picture_width, std::size_t picture_height);

// Each operation is as likely as the others, with replacement; the sign is drawn only where there
// is one. Throws ConfigError unless magnitude < bins and the limits above hold.
std::vector<AugmentStep> draw_rand_augment(const RandAugment& options, std::size_t picture_width,
                                           std::size_t picture_height, Random& random);

}  // namespace byteformer
