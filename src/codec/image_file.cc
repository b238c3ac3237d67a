#include "codec/image_file.h"

#include <fmt/format.h>

#include "byteformer/error.h"

namespace byteformer {

void ImageFile::check_size(std::uint64_t width, std::uint64_t height) const {
  if (width == 0 || height == 0)
    throw InputError(InputErrorKind::kDamaged,
                     fmt::format("{}: the picture is declared as {}x{}, but must have at least one "
                                 "pixel. Replace the file.",
                                 name, width, height));
  if (width > options.max_pixels / height)
    throw InputError(InputErrorKind::kTooLarge,
                     fmt::format("{}: the picture is declared as {}x{}, but may have at most {} "
                                 "pixels. Make it smaller, or leave it out.",
                                 name, width, height, options.max_pixels));
}

Image ImageFile::blank(std::uint64_t width, std::uint64_t height) const {
  check_size(width, height);
  return {width, height, std::vector<std::uint8_t>(3 * width * height)};
}

void ImageFile::damaged(std::string_view format, std::string_view reason) const {
  throw InputError(
      InputErrorKind::kDamaged,
      fmt::format("{}: damaged {}: {}. Replace the file, or leave it out.", name, format, reason));
}

void ImageFile::unsupported(std::string_view format, std::string_view reason) const {
  throw InputError(InputErrorKind::kDamaged,
                   fmt::format("{}: {} with {}, which cannot be read here. Convert it, for "
                               "instance to PNG.",
                               name, format, reason));
}

}  // namespace byteformer
