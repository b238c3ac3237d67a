#include "codec/read_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "byteformer/error.h"
#include "codec/bmp.h"
#include "codec/gif.h"
#include "codec/image_file.h"
#include "codec/jpeg.h"
#include "codec/png.h"
#include "codec/pnm.h"
#include "codec/tiff.h"
#include "codec/webp.h"

namespace byteformer {
namespace {

using namespace std::string_view_literals;

struct Format {
  std::size_t at;
  std::string_view magic;  // the bytes at `at`
  Image (*decode)(const ImageFile&);
};

constexpr std::array kFormats = {Format{0, "\xFF\xD8\xFF"sv, &decode_jpeg},
                                 Format{0, "\x89PNG\r\n\x1A\n"sv, &decode_png},
                                 Format{0, "II*\0"sv, &decode_tiff},
                                 Format{0, "MM\0*"sv, &decode_tiff},
                                 Format{0, "II+\0"sv, &decode_tiff},
                                 Format{0, "MM\0+"sv, &decode_tiff},
                                 Format{8, "WEBP"sv, &decode_webp},
                                 Format{0, "GIF87a"sv, &decode_gif},
                                 Format{0, "GIF89a"sv, &decode_gif},
                                 Format{0, "BM"sv, &decode_bmp},
                                 Format{0, "P1"sv, &decode_pnm},
                                 Format{0, "P2"sv, &decode_pnm},
                                 Format{0, "P3"sv, &decode_pnm},
                                 Format{0, "P4"sv, &decode_pnm},
                                 Format{0, "P5"sv, &decode_pnm},
                                 Format{0, "P6"sv, &decode_pnm}};

bool is(const Format& format, std::span<const std::uint8_t> bytes) {
  return bytes.size() >= format.at + format.magic.size() &&
         std::ranges::equal(
             bytes.subspan(format.at, format.magic.size()), format.magic,
             [](std::uint8_t byte, char c) { return byte == static_cast<std::uint8_t>(c); });
}

}  // namespace

bool is_picture(std::span<const std::uint8_t> file) {
  return std::ranges::any_of(kFormats, [&](const Format& format) { return is(format, file); });
}

Image read_image(std::span<const std::uint8_t> file, const std::string& name,
                 const ImageOptions& options) {
  if (file.empty())
    throw InputError(InputErrorKind::kEmpty,
                     fmt::format("{}: there is no byte in it, so no picture. Replace the file, or "
                                 "leave it out.",
                                 name));
  for (const Format& format : kFormats)
    if (is(format, file)) return format.decode({file, name, options});
  const auto first = file.first(std::min<std::size_t>(file.size(), 8));
  throw InputError(InputErrorKind::kDamaged,
                   fmt::format("{}: begins with the bytes {:02x}, which is no picture that can be "
                               "read. JPEG, PNG, TIFF, WebP, GIF, BMP, PPM, PGM and PBM are read; "
                               "convert the file to one of them, or leave it out.",
                               name, fmt::join(first, " ")));
}

}  // namespace byteformer
