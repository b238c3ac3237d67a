#include "codec/crop.h"

#include <string>

#include "byteformer/error.h"

namespace byteformer {
namespace {

constexpr std::size_t kChannels = 3;

std::string size_text(std::size_t width, std::size_t height) {
  return std::to_string(width) + " x " + std::to_string(height) + " pixels";
}

bool is_within(std::size_t first, std::size_t count, std::size_t side) {
  return first <= side && count <= side - first;  // a sum could overflow
}

}  // namespace

void check_pixels(const Image& image) {
  const std::size_t pixels = image.rgb.size() / kChannels;  // a product could overflow
  if (image.width == 0 || image.height == 0 || image.rgb.size() % kChannels != 0 ||
      pixels % image.width != 0 || pixels / image.width != image.height)
    throw UsageError("a picture of " + size_text(image.width, image.height) + " has " +
                     std::to_string(image.rgb.size()) +
                     " bytes, but must have 3 for each pixel, and at least one pixel.");
}

void check_within(const Box& box, const Image& image) {
  check_pixels(image);
  if (!is_within(box.left, box.width, image.width) || !is_within(box.top, box.height, image.height))
    throw UsageError("a box of " + size_text(box.width, box.height) + " at (" +
                     std::to_string(box.left) + ", " + std::to_string(box.top) +
                     ") does not lie within a picture of " + size_text(image.width, image.height) +
                     ". Draw the box for the size of this picture.");
}

Image crop(const Image& image, const Box& box) {
  check_within(box, image);
  Image out{box.width, box.height, {}};
  out.rgb.reserve(kChannels * box.width * box.height);
  for (std::size_t y = box.top; y < box.top + box.height; ++y) {
    const std::uint8_t* row = image.rgb.data() + kChannels * (y * image.width + box.left);
    out.rgb.insert(out.rgb.end(), row, row + kChannels * box.width);
  }
  return out;
}

}  // namespace byteformer
