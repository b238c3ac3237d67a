#include "codec/image.h"

#include <fmt/format.h>

#include "byteformer/error.h"

namespace byteformer {

Image image_from_tensor(std::span<const float> chw, std::size_t width, std::size_t height) {
  const std::size_t pixels = chw.size() / 3;
  if (chw.empty() || chw.size() % 3 != 0 || width == 0 || pixels % width != 0 ||
      pixels / width != height)  // a product could overflow
    throw UsageError(
        fmt::format("a tensor of {} values is no picture of {}x{} pixels. Give "
                    "3 * height * width values, channel by channel.",
                    chw.size(), width, height));
  Image image{width, height, std::vector<std::uint8_t>(chw.size())};
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (std::size_t i = 0; i < pixels; ++i) {
      const float value = chw[channel * pixels + i];
      if (!(value >= 0.0F && value <= 1.0F))  // written so that NaN is refused
        throw UsageError(
            fmt::format("the value of channel {}, row {}, column {} is {}, but a pixel must be in "
                        "[0, 1]. Clamp the tensor before it is encoded.",
                        channel, i / width, i % width, value));
      image.rgb[3 * i + channel] = static_cast<std::uint8_t>(value * 255.0F);
    }
  return image;
}

}  // namespace byteformer
