// A file in memory as each format's reader gets it, and how a reader says what is wrong with it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/image.h"
#include "codec/read_image.h"

namespace byteformer {

struct ImageFile {
  std::span<const std::uint8_t> bytes;
  const std::string& name;
  const ImageOptions& options;

  // Throws InputError if a declared size is kTooLarge, or kDamaged if it has no pixels.
  void check_size(std::uint64_t width, std::uint64_t height) const;

  // A black picture of the declared size, which it checks.
  Image blank(std::uint64_t width, std::uint64_t height) const;

  // Throw InputError of kind kDamaged. `format` is its name, `reason` a part of a sentence.
  [[noreturn]] void damaged(std::string_view format, std::string_view reason) const;
  [[noreturn]] void unsupported(std::string_view format, std::string_view reason) const;
};

}  // namespace byteformer
