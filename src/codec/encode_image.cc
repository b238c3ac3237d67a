#include "codec/encode_image.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "byteformer/error.h"
#include "codec/jpeg.h"
#include "codec/png.h"
#include "codec/raw_image.h"
#include "codec/tiff.h"

namespace byteformer {
namespace {

constexpr std::array<std::string_view, 5> kEncodings = {"fCHW", "fHWC", "TIFF", "PNG", "JPEG"};

[[noreturn]] void unknown(std::string_view encoding) {
  throw UsageError(
      fmt::format("the encoding \"{}\" is not known. Choose one of {} (capitals "
                  "matter).",
                  encoding, fmt::join(kEncodings, ", ")));
}

}  // namespace

std::span<const std::string_view> image_encodings() { return kEncodings; }

std::vector<std::uint8_t> encode_image(std::string_view encoding, const Image& image, int quality) {
  if (encoding == "fCHW") return encode_fchw(image);
  if (encoding == "fHWC") return encode_fhwc(image);
  if (encoding == "TIFF") return encode_tiff(image.rgb, image.width, image.height);
  if (encoding == "PNG") return encode_png(image);
  if (encoding == "JPEG") return encode_jpeg(image, quality);
  unknown(encoding);
}

std::string encoder_version(std::string_view encoding) {
  if (encoding == "JPEG") return jpeg_version();
  if (encoding == "PNG") return png_version();
  if (encoding == "fCHW" || encoding == "fHWC" || encoding == "TIFF") return "";
  unknown(encoding);
}

}  // namespace byteformer
