#include "codec/raw_image.h"

namespace byteformer {

std::vector<std::uint8_t> encode_fchw(const Image& image) {
  std::vector<std::uint8_t> out;
  out.reserve(image.rgb.size());
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t i = channel; i < image.rgb.size(); i += 3) out.push_back(image.rgb[i]);
  return out;
}

std::vector<std::uint8_t> encode_fhwc(const Image& image) { return image.rgb; }

}  // namespace byteformer
