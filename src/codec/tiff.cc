#include "codec/tiff.h"

#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "codec/colour.h"
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

namespace {

// A file in memory under libtiff, and the first error that libtiff reports of it.
struct Memory {
  std::span<const std::uint8_t> bytes;
  std::uint64_t at = 0;
  std::array<char, 200> error{};
};

tmsize_t read_memory(thandle_t handle, void* out, tmsize_t size) {
  auto& memory = *static_cast<Memory*>(handle);
  if (memory.at >= memory.bytes.size() || size <= 0) return 0;
  const auto n = std::min<std::uint64_t>(size, memory.bytes.size() - memory.at);
  std::memcpy(out, memory.bytes.data() + memory.at, n);
  memory.at += n;
  return static_cast<tmsize_t>(n);
}

toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
  auto& memory = *static_cast<Memory*>(handle);
  memory.at = offset + (whence == SEEK_CUR   ? memory.at
                        : whence == SEEK_END ? memory.bytes.size()
                                             : 0);
  return memory.at;
}

int keep_first_error(TIFF*, void* handle, const char*, const char* format, va_list values) {
  auto& error = static_cast<Memory*>(handle)->error;
  if (error[0] == 0) std::vsnprintf(error.data(), error.size(), format, values);
  return 1;  // handled: nothing is printed
}

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, CloseTiff>;

Tiff open_tiff(Memory& memory, std::uint64_t most_memory) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
      TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), static_cast<tmsize_t>(most_memory));
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &keep_first_error, &memory);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
  return Tiff(TIFFClientOpenExt(
      "picture", "r", &memory, &read_memory,
      [](thandle_t, void*, tmsize_t) -> tmsize_t { return 0; }, &seek_memory,
      [](thandle_t) { return 0; },
      [](thandle_t handle) -> toff_t { return static_cast<Memory*>(handle)->bytes.size(); },
      [](thandle_t handle, void** base, toff_t* size) {
        auto& bytes = static_cast<Memory*>(handle)->bytes;
        *base = const_cast<std::uint8_t*>(bytes.data());  // mode "r": libtiff does not write
        *size = bytes.size();
        return 1;
      },
      [](thandle_t, void*, toff_t) {}, options.get()));
}

// What the tags say of the pixels, and how many of a pixel's samples are needed.
struct TiffLayout {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, samples = 1, photometric = PHOTOMETRIC_MINISWHITE;
  std::uint16_t compression = COMPRESSION_NONE, orientation = ORIENTATION_TOPLEFT;
  bool separate = false;       // a plane for each sample
  bool premultiplied = false;  // by the fourth sample
  std::size_t channels = 1;
};

TiffLayout layout_of(TIFF* tiff) {
  TiffLayout layout;
  std::uint16_t planar = 0, extra_count = 0, *extra = nullptr;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout.width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout.height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &layout.compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &layout.orientation);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  layout.separate = planar == PLANARCONFIG_SEPARATE && layout.samples > 1;
  if (layout.compression == COMPRESSION_JPEG && layout.photometric == PHOTOMETRIC_YCBCR &&
      !layout.separate) {
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    layout.photometric = PHOTOMETRIC_RGB;
  }
  layout.premultiplied = layout.photometric == PHOTOMETRIC_RGB && layout.samples >= 4 &&
                         extra_count > 0 && extra[0] == EXTRASAMPLE_ASSOCALPHA;
  if (layout.photometric == PHOTOMETRIC_RGB) layout.channels = layout.premultiplied ? 4 : 3;
  if (layout.photometric == PHOTOMETRIC_SEPARATED) layout.channels = 4;
  return layout;
}

void check_layout(const ImageFile& file, TIFF* tiff, const TiffLayout& layout) {
  std::uint16_t format = SAMPLEFORMAT_UINT;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  const bool is_gray =
      layout.photometric == PHOTOMETRIC_MINISWHITE || layout.photometric == PHOTOMETRIC_MINISBLACK;
  const bool is_palette = layout.photometric == PHOTOMETRIC_PALETTE;
  const bool small = layout.bits == 1 || layout.bits == 2 || layout.bits == 4;
  if (!is_gray && !is_palette && layout.channels == 1)
    file.unsupported("TIFF", fmt::format("photometric interpretation {}", layout.photometric));
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    file.unsupported("TIFF", fmt::format("sample format {}", format));
  if (!(layout.bits == 8 || (layout.bits == 16 && !is_palette) ||
        (small && (is_gray || is_palette))))
    file.unsupported("TIFF", fmt::format("{} bits a sample", layout.bits));
  if (layout.samples < layout.channels || layout.samples > 8)
    file.unsupported("TIFF", fmt::format("{} samples a pixel", layout.samples));
  if (!TIFFIsCODECConfigured(layout.compression))
    file.unsupported("TIFF", fmt::format("compression {}", layout.compression));
}

// Takes decoded rows of samples into bytes.
class TiffPixels8 {
 public:
  explicit TiffPixels8(const TiffLayout& layout)
      : layout_(layout), bytes_(std::size_t{layout.width} * layout.height * layout.channels) {}

  // `count` pixels from (x, y) on. Of a separate plane one sample each, else all of them.
  void take(const std::uint8_t* row, std::size_t x, std::size_t y, std::size_t count,
            std::size_t plane) {
    std::uint8_t* out = &bytes_[(y * layout_.width + x) * layout_.channels];
    for (std::size_t i = 0; i < count; ++i, out += layout_.channels)
      if (layout_.separate)
        out[plane] = sample(row, i);
      else
        for (std::size_t c = 0; c < layout_.channels; ++c)
          out[c] = sample(row, i * layout_.samples + c);
  }

  std::vector<std::uint8_t> bytes() && { return std::move(bytes_); }  // [height, width, channels]

 private:
  std::uint8_t sample(const std::uint8_t* row, std::size_t i) const {
    if (layout_.bits == 8) return row[i];
    if (layout_.bits == 16) {  // in this machine's order
      std::uint16_t value = 0;
      std::memcpy(&value, row + 2 * i, 2);
      return static_cast<std::uint8_t>(layout_.channels == 1 ? std::min<std::uint16_t>(value, 255)
                                                             : value >> 8);
    }
    const std::size_t bit = i * layout_.bits;
    const unsigned most = (1u << layout_.bits) - 1;
    const unsigned value = row[bit / 8] >> (8 - layout_.bits - bit % 8) & most;
    return static_cast<std::uint8_t>(
        layout_.photometric == PHOTOMETRIC_PALETTE ? value : value * 255 / most);
  }

  const TiffLayout& layout_;
  std::vector<std::uint8_t> bytes_;
};

// False where libtiff could not go on.
bool read_strips(TIFF* tiff, const TiffLayout& layout, std::size_t plane, TiffPixels8& pixels) {
  std::vector<std::uint8_t> row(TIFFScanlineSize(tiff));
  for (std::uint32_t y = 0; y < layout.height; ++y) {
    if (TIFFReadScanline(tiff, row.data(), y, static_cast<std::uint16_t>(plane)) < 0) return false;
    pixels.take(row.data(), 0, y, layout.width, plane);
  }
  return true;
}

bool read_tiles(TIFF* tiff, const TiffLayout& layout, std::size_t plane, TiffPixels8& pixels) {
  std::uint32_t tile_width = 0, tile_height = 0;
  TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tile_width);
  TIFFGetField(tiff, TIFFTAG_TILELENGTH, &tile_height);
  std::vector<std::uint8_t> tile(TIFFTileSize(tiff));
  const std::size_t row_bytes = TIFFTileRowSize(tiff);
  for (std::size_t y = 0; y < layout.height; y += tile_height)
    for (std::size_t x = 0; x < layout.width; x += tile_width) {
      if (TIFFReadTile(tiff, tile.data(), static_cast<std::uint32_t>(x),
                       static_cast<std::uint32_t>(y), 0, static_cast<std::uint16_t>(plane)) < 0)
        return false;
      const std::size_t columns = std::min<std::size_t>(tile_width, layout.width - x);
      const std::size_t rows = std::min<std::size_t>(tile_height, layout.height - y);
      for (std::size_t row = 0; row < rows; ++row)
        pixels.take(&tile[row * row_bytes], x, y + row, columns, plane);
    }
  return true;
}

Palette palette_of(TIFF* tiff, const TiffLayout& layout) {
  Palette palette;
  std::uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
  if (layout.photometric == PHOTOMETRIC_MINISWHITE && layout.bits <= 8) {
    std::ranges::reverse(palette.colours);
  } else if (layout.photometric == PHOTOMETRIC_PALETTE &&
             TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue)) {
    for (std::size_t i = 0; i < std::size_t{1} << layout.bits; ++i)
      palette.colours[i] = {static_cast<std::uint8_t>(red[i] >> 8),
                            static_cast<std::uint8_t>(green[i] >> 8),
                            static_cast<std::uint8_t>(blue[i] >> 8)};
  }
  return palette;
}

Rgb divided_by_alpha(std::span<const std::uint8_t, 4> rgba) {
  Rgb rgb{};  // black where nothing is to be seen
  for (std::size_t c = 0; c < 3 && rgba[3] != 0; ++c)
    rgb[c] = static_cast<std::uint8_t>(std::min(255, 255 * rgba[c] / rgba[3]));
  return rgb;
}

// As it is meant to be seen: `orientation` 2 .. 8 says where the first row and column belong.
Image oriented(Image image, std::uint16_t orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool turned = orientation >= 5;  // rows become columns
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image out{turned ? image.height : image.width, turned ? image.width : image.height,
            std::vector<std::uint8_t>(image.rgb.size())};
  for (std::size_t y = 0; y < out.height; ++y)
    for (std::size_t x = 0; x < out.width; ++x) {
      const std::size_t column = turned ? y : x, row = turned ? x : y;
      const std::size_t from = (from_below ? image.height - 1 - row : row) * image.width +
                               (from_right ? image.width - 1 - column : column);
      std::copy_n(&image.rgb[3 * from], 3, &out.rgb[3 * (y * out.width + x)]);
    }
  return out;
}

}  // namespace

Image decode_tiff(const ImageFile& file) {
  Memory memory{file.bytes};
  const std::uint64_t most_memory = 16 * file.options.max_pixels;  // 8 samples of 16 bits
  const Tiff tiff = open_tiff(memory, most_memory);
  if (!tiff) file.damaged("TIFF", memory.error.data());
  const TiffLayout layout = layout_of(tiff.get());
  check_layout(file, tiff.get(), layout);
  Image image = file.blank(layout.width, layout.height);

  const bool tiled = TIFFIsTiled(tiff.get());
  const std::uint64_t piece = tiled ? TIFFTileSize64(tiff.get()) : TIFFScanlineSize64(tiff.get());
  if (piece == 0 || piece > most_memory)
    file.damaged("TIFF", fmt::format("a {} has {} bytes", tiled ? "tile" : "row", piece));
  TiffPixels8 pixels(layout);
  for (std::size_t plane = 0; plane < (layout.separate ? layout.channels : 1); ++plane)
    if (!(tiled ? read_tiles : read_strips)(tiff.get(), layout, plane, pixels) &&
        !file.options.truncated)
      file.damaged("TIFF", memory.error.data());

  const std::vector<std::uint8_t> bytes = std::move(pixels).bytes();
  if (layout.channels == 1)
    palette_of(tiff.get(), layout).paint(bytes, image.rgb);
  else if (layout.channels == 3)
    image.rgb = bytes;
  else
    for (std::size_t i = 0; i < bytes.size() / 4; ++i) {
      const std::span<const std::uint8_t, 4> pixel(&bytes[4 * i], 4);
      std::ranges::copy(layout.premultiplied ? divided_by_alpha(pixel) : rgb_of_cmyk(pixel),
                        &image.rgb[3 * i]);
    }
  return oriented(std::move(image), layout.orientation);
}

}  // namespace byteformer
