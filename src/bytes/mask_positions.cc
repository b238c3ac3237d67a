#include "bytes/mask_positions.h"

#include <algorithm>
#include <string>

#include "base/random.h"
#include "byteformer/error.h"
#include "bytes/reference_seed.h"

namespace byteformer {

PositionMask::PositionMask(std::size_t length, double keep_fraction) : length_(length) {
  if (!(keep_fraction > 0 && keep_fraction <= 1))  // so that it fails for NaN as well
    throw ConfigError("the fraction of positions to keep is " + std::to_string(keep_fraction) +
                      ", but must be above 0 and at most 1. The paper uses 0.03 to 0.75.");
  kept_ = Random(kReferenceSeed).permutation(length);
  kept_.resize(static_cast<std::size_t>(keep_fraction * static_cast<double>(length)));
  std::sort(kept_.begin(), kept_.end());
}

std::vector<std::uint8_t> PositionMask::operator()(std::span<const std::uint8_t> bytes) const {
  if (bytes.size() != length_)
    throw UsageError("a file of " + std::to_string(bytes.size()) +
                     " bytes does not fit a mask of positions for " + std::to_string(length_) +
                     " bytes. Use an encoding whose length depends on the picture's size alone "
                     "(fHWC, fCHW, TIFF), and pictures of one size.");
  std::vector<std::uint8_t> out;
  out.reserve(kept_.size());
  for (const std::size_t i : kept_) out.push_back(bytes[i]);
  return out;
}

}  // namespace byteformer
