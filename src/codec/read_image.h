// Bytes to pictures: the way into this folder for everything that reads pictures.
//
// JPEG, PNG, TIFF, WebP, GIF, BMP, PPM, PGM and PBM, as the reference sees them, which is Pillow's
// open().convert("RGB"): the first frame or page, gray in three equal channels, alpha dropped and
// not blended, colour profiles, gamma and the EXIF orientation of a JPEG ignored (a TIFF's
// orientation is applied). Of 16 bits the high byte is taken, but of 16-bit gray every value above
// 255 becomes 255. The format comes from the bytes, not from the name.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "codec/image.h"

namespace byteformer {

struct ImageOptions {
  // Read what is there of a file that ends early or breaks off; the rest is black, or what libjpeg
  // fills in. The reference trains and evaluates this way (LOAD_TRUNCATED_IMAGES).
  bool truncated = false;
  // More by the declared width and height is too large. Pillow refuses more than this.
  std::uint64_t max_pixels = std::uint64_t{2} * 89'478'485;
};

// Whether they begin as one of these formats does, which need not mean that they can be read.
bool is_picture(std::span<const std::uint8_t> file);

// The picture in a file's bytes. `name` is for messages. Any number of threads may call it.
//
// Throws InputError: kEmpty for no bytes, kTooLarge before memory is taken for the pixels, kDamaged
// for other formats, for what a format allows but nothing here can read, and for files that do not
// follow their format or (unless options.truncated) end early.
Image read_image(std::span<const std::uint8_t> file, const std::string& name,
                 const ImageOptions& options = {});

}  // namespace byteformer
