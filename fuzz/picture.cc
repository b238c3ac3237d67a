#include "codec/read_image.h"
#include "codec/tiff.h"
#include "fuzz/target.h"

void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  find_tiff_pixels(bytes);
  ImageOptions options;
  options.max_pixels = 1 << 18;  // a hostile file may ask for all of them: keep a run short
  for (const bool truncated : {true, false}) {
    options.truncated = truncated;
    read_image(bytes, "fuzz", options);
  }
}
