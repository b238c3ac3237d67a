#include "codec/bmp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "codec/colour.h"
#include "codec/little_endian.h"

namespace byteformer {
namespace {

enum Compression : std::uint32_t { kRaw = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3 };

struct Header {
  std::uint64_t pixels_at, palette_at;
  std::uint32_t width, height, bits, compression, colours;
  std::size_t colour_bytes;  // of one entry of the palette
  bool top_down;
  std::array<std::uint32_t, 3> masks;  // of red, green and blue
};

std::uint32_t read32(const ImageFile& file, std::size_t at) {
  if (at + 4 > file.bytes.size()) file.damaged("BMP", "it ends within its header");
  return get32(file.bytes, at);
}

std::uint32_t read16(const ImageFile& file, std::size_t at) {
  return read32(file, at) & 0xFFFF;  // two more bytes always follow in a header
}

Header read_header(const ImageFile& file) {
  Header h{};
  h.pixels_at = read32(file, 10);
  const std::uint32_t size = read32(file, 14);
  h.palette_at = 14 + std::uint64_t{size};
  if (size == 12) {  // OS/2
    h.width = read16(file, 18);
    h.height = read16(file, 20);
    h.bits = read32(file, 22) >> 16;
    h.colour_bytes = 3;
  } else if (size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124) {
    h.width = read32(file, 18);
    h.height = read32(file, 22);
    h.top_down = h.height >> 31 != 0;  // a negative height
    if (h.top_down) h.height = 0 - h.height;
    h.bits = read16(file, 28);
    h.compression = read32(file, 30);
    h.colours = read32(file, 46);
    h.colour_bytes = 4;
  } else {
    file.unsupported("BMP", fmt::format("a header of {} bytes", size));
  }
  if (h.bits == 16) h.masks = {0x7C00, 0x3E0, 0x1F};
  if (h.bits >= 24) h.masks = {0xFF0000, 0xFF00, 0xFF};
  if (h.compression == kBitFields && (h.bits == 16 || h.bits == 32)) {
    std::array<std::uint32_t, 3> masks{};
    for (std::size_t c = 0; c < 3; ++c) masks[c] = read32(file, 54 + 4 * c);
    if (masks != std::array<std::uint32_t, 3>{}) h.masks = masks;
  }
  if (h.colours == 0) h.colours = 1u << std::min(h.bits, 8u);
  const bool raw = h.compression == kRaw || (h.compression == kBitFields && h.bits >= 16);
  const bool known =
      h.bits == 1 || h.bits == 4 || h.bits == 8 || h.bits == 16 || h.bits == 24 || h.bits == 32;
  if (!known ||
      !(raw || (h.compression == kRle8 && h.bits == 8) || (h.compression == kRle4 && h.bits == 4)))
    file.unsupported("BMP",
                     fmt::format("{} bits a pixel and compression {}", h.bits, h.compression));
  return h;
}

Palette read_palette(const ImageFile& file, const Header& h) {
  Palette palette;
  for (std::size_t i = 0; i < std::min<std::size_t>(h.colours, 256); ++i) {
    const std::uint64_t at = h.palette_at + i * h.colour_bytes;
    if (at + 3 > file.bytes.size()) file.damaged("BMP", "it ends within its palette");
    palette.colours[i] = {file.bytes[at + 2], file.bytes[at + 1], file.bytes[at]};
  }
  return palette;
}

// The bytes of row y, counted from the top; none if the file ends before them.
std::span<const std::uint8_t> row_of(const ImageFile& file, const Header& h, std::uint64_t y) {
  const std::uint64_t bits = std::uint64_t{h.width} * h.bits, stride = (bits + 31) / 32 * 4;
  const std::uint64_t at = h.pixels_at + (h.top_down ? y : h.height - 1 - y) * stride;
  const std::uint64_t used = (bits + 7) / 8;
  if (at + used > file.bytes.size()) return {};
  return file.bytes.subspan(at, used);
}

std::vector<std::uint8_t> read_indices(const ImageFile& file, const Header& h) {
  std::vector<std::uint8_t> indices(std::size_t{h.width} * h.height);
  for (std::size_t y = 0; y < h.height; ++y) {
    const std::span<const std::uint8_t> row = row_of(file, h, y);
    if (row.empty()) continue;
    for (std::size_t x = 0; x < h.width; ++x) {
      const std::size_t bit = x * h.bits;
      indices[y * h.width + x] =
          static_cast<std::uint8_t>(row[bit / 8] >> (8 - h.bits - bit % 8) & ((1u << h.bits) - 1));
    }
  }
  return indices;
}

// Pairs of a count and a value; a count of 0 is an escape.
std::vector<std::uint8_t> read_runs(const ImageFile& file, const Header& h) {
  std::vector<std::uint8_t> indices(std::size_t{h.width} * h.height);
  std::size_t at = h.pixels_at, x = 0, y = 0;  // y counts the file's rows
  const auto has = [&](std::size_t count) {
    const bool there = at + count <= file.bytes.size();
    if (!there && !file.options.truncated) file.damaged("BMP", "it ends within its pixels");
    return there;
  };
  const auto put = [&](std::uint8_t pair, std::size_t i) {  // four bits: the high ones come first
    if (x < h.width && y < h.height)
      indices[(h.top_down ? y : h.height - 1 - y) * h.width + x] = h.bits == 8  ? pair
                                                                   : i % 2 == 0 ? pair >> 4
                                                                                : pair & 15;
    ++x;
  };
  while (y + 1 < h.height || (y + 1 == h.height && x < h.width)) {
    if (!has(2)) break;
    const std::uint8_t count = file.bytes[at], value = file.bytes[at + 1];
    at += 2;
    if (count > 0) {
      for (std::size_t i = 0; i < count; ++i) put(value, i);
    } else if (value == 0) {  // end of the row
      x = 0;
      ++y;
    } else if (value == 1) {  // end of the picture
      break;
    } else if (value == 2) {  // move on
      if (!has(2)) break;
      x += file.bytes[at];
      y += file.bytes[at + 1];
      at += 2;
    } else {  // as they are
      const std::size_t bytes = (value * h.bits + 7) / 8;
      if (!has(bytes)) break;
      for (std::size_t i = 0; i < value; ++i) put(file.bytes[at + i * h.bits / 8], i);
      at += (bytes + 1) / 2 * 2;
    }
  }
  return indices;
}

void read_colours(const ImageFile& file, const Header& h, std::span<std::uint8_t> rgb) {
  const std::size_t bytes = h.bits / 8;
  for (std::size_t y = 0; y < h.height; ++y) {
    const std::span<const std::uint8_t> row = row_of(file, h, y);
    if (row.empty()) continue;
    for (std::size_t x = 0; x < h.width; ++x) {
      std::uint32_t pixel = 0;
      for (std::size_t i = bytes; i-- > 0;) pixel = pixel << 8 | row[x * bytes + i];
      for (std::size_t c = 0; c < 3; ++c) {
        const std::uint32_t mask = h.masks[c];
        if (mask == 0) continue;
        const int shift = std::countr_zero(mask);
        const std::uint64_t value = (pixel & mask) >> shift, most = mask >> shift;
        rgb[3 * (y * h.width + x) + c] = static_cast<std::uint8_t>(value * 255 / most);
      }
    }
  }
}

}  // namespace

Image decode_bmp(const ImageFile& file) {
  const Header h = read_header(file);
  file.check_size(h.width, h.height);
  const bool runs = h.compression == kRle8 || h.compression == kRle4;
  const std::uint64_t last = h.top_down ? h.height - 1 : 0;
  if (!runs && !file.options.truncated && row_of(file, h, last).empty())
    file.damaged("BMP", fmt::format("its {}x{} pixels do not fit into {} bytes", h.width, h.height,
                                    file.bytes.size()));
  Image image = file.blank(h.width, h.height);
  if (h.bits > 8)
    read_colours(file, h, image.rgb);
  else
    read_palette(file, h).paint(runs ? read_runs(file, h) : read_indices(file, h), image.rgb);
  return image;
}

}  // namespace byteformer
