#include "codec/tiff.h"

#include <array>

#include "codec/little_endian.h"

namespace byteformer {
namespace {

struct Tag {
  std::uint32_t id, type, count, value;
};

constexpr std::uint32_t kShort = 3, kLong = 4;
constexpr std::uint32_t kBitsAt = 134;  // behind 8 bytes of header and a directory of ten tags

}  // namespace

std::vector<std::uint8_t> encode_tiff(std::span<const std::uint8_t> rgb, std::size_t width,
                                      std::size_t height) {
  const auto w = static_cast<std::uint32_t>(width), h = static_cast<std::uint32_t>(height);
  const std::array<Tag, 10> tags = {{{256, kLong, 1, w},
                                     {257, kLong, 1, h},
                                     {258, kShort, 3, kBitsAt},
                                     {259, kShort, 1, 1},           // not compressed
                                     {262, kShort, 1, 2},           // RGB
                                     {273, kLong, 1, kTiffHeader},  // the strip's offset
                                     {277, kShort, 1, 3},           // samples a pixel
                                     {278, kLong, 1, h},            // rows a strip
                                     {279, kLong, 1, static_cast<std::uint32_t>(rgb.size())},
                                     {284, kShort, 1, 1}}};  // interleaved
  std::vector<std::uint8_t> out = {'I', 'I', 42, 0};
  out.reserve(kTiffHeader + rgb.size());
  put32(out, 8);
  put16(out, tags.size());
  for (const Tag& tag : tags) {
    put16(out, tag.id);
    put16(out, tag.type);
    put32(out, tag.count);
    put32(out, tag.value);
  }
  put32(out, 0);  // no next directory
  for (int channel = 0; channel < 3; ++channel) put16(out, 8);
  out.insert(out.end(), rgb.begin(), rgb.end());
  return out;
}

std::optional<TiffPixels> find_tiff_pixels(std::span<const std::uint8_t> file) {
  if (file.size() < kTiffHeader) return std::nullopt;
  // The two sizes are the values of the first two tags; all else must be what encode_tiff() writes
  // for them.
  const std::size_t width = get32(file, 18), height = get32(file, 30),
                    pixels = file.size() - kTiffHeader;
  if (width == 0 || height == 0 || width > pixels || height > pixels || pixels % (3 * width) != 0 ||
      pixels / (3 * width) != height)  // a product could overflow
    return std::nullopt;
  const std::vector<std::uint8_t> written = encode_tiff(file.subspan(kTiffHeader), width, height);
  for (std::size_t i = 0; i < kTiffHeader; ++i)
    if (written[i] != file[i]) return std::nullopt;
  return TiffPixels{width, height, kTiffHeader};
}

}  // namespace byteformer
