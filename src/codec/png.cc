#include "codec/png.h"

#include <fmt/format.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

#include "byteformer/error.h"
#include "codec/colour.h"
#include "codec/guarded.h"

namespace byteformer {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

void put32(Bytes& out, std::uint64_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_chunk(Bytes& out, const char (&name)[5], std::span<const std::uint8_t> data) {
  put32(out, data.size());
  const std::size_t start = out.size();
  out.insert(out.end(), name, name + 4);
  out.insert(out.end(), data.begin(), data.end());
  put32(out, crc32(0, &out[start], static_cast<uInt>(out.size() - start)));
}

// The filters of the PNG specification, 9.2, for three bytes a pixel: a is the byte to the left, b
// the one above, c the one above a. The place of a function is its filter type; average (3) is
// never used.
int paeth(int a, int b, int c) {
  const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

struct Filter {
  std::uint8_t type;
  int (*predict)(int a, int b, int c);
};

constexpr std::array<Filter, 4> kFilters = {{{0, [](int, int, int) { return 0; }},
                                             {2, [](int, int b, int) { return b; }},
                                             {1, [](int a, int, int) { return a; }},
                                             {4, paeth}}};  // in the order of trial

// One row's filter type and filtered bytes [1 + row.size()].
Bytes filtered(std::span<const std::uint8_t> row, std::span<const std::uint8_t> above) {
  Bytes best, tried(1 + row.size());
  std::uint64_t best_cost = 0;
  for (const Filter& filter : kFilters) {
    if (!best.empty() && best_cost == 0) break;
    std::uint64_t cost = 0;
    tried[0] = filter.type;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool first = i < 3;
      const int predicted =
          filter.predict(first ? 0 : row[i - 3], above[i], first ? 0 : above[i - 3]);
      const auto byte = static_cast<std::uint8_t>(row[i] - predicted);
      tried[1 + i] = byte;
      cost += byte < 128 ? byte : 256 - byte;
    }
    if (best.empty() || cost < best_cost) {
      best = tried;
      best_cost = cost;
    }
  }
  return best;
}

// zlib's stream in IDAT chunks. Where it closes a stored block depends on how it is fed: one call a
// row, and an output buffer that is emptied when it is full.
class IdatWriter {
 public:
  IdatWriter(Bytes& out, std::size_t width)
      : out_(out), buffer_(std::max<std::size_t>(65536, 4 * width)) {
    if (deflateInit2(&stream_, Z_NO_COMPRESSION, Z_DEFLATED, 15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();  // its only reason: the arguments are constants
    rewind();
  }
  ~IdatWriter() { deflateEnd(&stream_); }
  IdatWriter(const IdatWriter&) = delete;
  IdatWriter& operator=(const IdatWriter&) = delete;

  void row(Bytes bytes) {
    stream_.next_in = bytes.data();
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (stream_.avail_in > 0) {
      deflate(&stream_, Z_NO_FLUSH);
      if (stream_.avail_out == 0) flush();
    }
  }

  void finish() {
    while (deflate(&stream_, Z_FINISH) != Z_STREAM_END) flush();
    flush();
  }

 private:
  void rewind() {
    stream_.next_out = buffer_.data();
    stream_.avail_out = static_cast<uInt>(buffer_.size());
  }
  void flush() {
    put_chunk(out_, "IDAT", std::span(buffer_).first(buffer_.size() - stream_.avail_out));
    rewind();
  }

  Bytes& out_;
  Bytes buffer_;
  z_stream stream_{};
};

struct Decompressor {
  LibraryError error{};
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const std::uint8_t> rest;

  explicit Decompressor(std::span<const std::uint8_t> bytes) : rest(bytes) {}
  ~Decompressor() { png_destroy_read_struct(&png, &info, nullptr); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
};

void jump_back(png_structp png, png_const_charp message) {
  auto& error = *static_cast<LibraryError*>(png_get_error_ptr(png));
  std::strncpy(error.text.data(), message, error.text.size() - 1);
  std::longjmp(error.back, 1);
}

void read_from_memory(png_structp png, png_bytep out, std::size_t size) {
  auto& rest = *static_cast<std::span<const std::uint8_t>*>(png_get_io_ptr(png));
  if (size > rest.size()) png_error(png, "it ends early");
  std::memcpy(out, rest.data(), size);
  rest = rest.subspan(size);
}

// Calls of libpng alone, for guarded().
void read_png_header(Decompressor& in) {
  in.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &in.error, &jump_back,
                                  [](png_structp, png_const_charp) {});
  in.info = png_create_info_struct(in.png);
  png_set_read_fn(in.png, &in.rest, &read_from_memory);
  png_set_user_limits(in.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);             // check_size() does it
  png_set_keep_unknown_chunks(in.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // all that may be
  png_set_keep_unknown_chunks(in.png, PNG_HANDLE_CHUNK_NEVER,
                              reinterpret_cast<png_const_bytep>("tRNS"), 1);
  png_read_info(in.png, in.info);
}

// Asks for one byte a pixel (index or gray), two (16-bit gray) or three (RGB). Returns the passes.
int choose_png_rows(Decompressor& in, bool gray16, bool ignore_checksums) {
  if (ignore_checksums) png_set_crc_action(in.png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  if (png_get_color_type(in.png, in.info) == PNG_COLOR_TYPE_PALETTE)
    png_set_packing(in.png);
  else
    png_set_expand_gray_1_2_4_to_8(in.png);
  if (!gray16) png_set_strip_16(in.png);
  png_set_strip_alpha(in.png);
  const int passes = png_set_interlace_handling(in.png);
  png_read_update_info(in.png, in.info);
  return passes;
}

Palette palette_of(const Decompressor& in) {
  Palette palette;
  png_colorp colours = nullptr;
  int count = 0;
  if (png_get_color_type(in.png, in.info) == PNG_COLOR_TYPE_PALETTE)
    png_get_PLTE(in.png, in.info, &colours, &count);
  for (int i = 0; i < count; ++i)
    palette.colours[i] = {colours[i].red, colours[i].green, colours[i].blue};
  return palette;
}

struct Attempt {
  Image image;          // black where nothing could be read
  std::string failure;  // empty if all was read
};

// Throws InputError if not even the header can be read. libpng takes pixels in pieces of
// `piece` bytes.
Attempt read_png(const ImageFile& file, std::size_t piece) {
  Decompressor in(file.bytes);
  if (!guarded(in.error, [&] { read_png_header(in); })) file.damaged("PNG", in.error.text.data());
  const bool gray16 = png_get_color_type(in.png, in.info) == PNG_COLOR_TYPE_GRAY &&
                      png_get_bit_depth(in.png, in.info) == 16;
  Image image =
      file.blank(png_get_image_width(in.png, in.info), png_get_image_height(in.png, in.info));
  int passes = 0;
  if (!guarded(in.error, [&] {
        png_set_compression_buffer_size(in.png, piece);
        passes = choose_png_rows(in, gray16, file.options.truncated);
      }))
    file.damaged("PNG", in.error.text.data());

  const std::size_t row_bytes = png_get_rowbytes(in.png, in.info);
  const bool is_rgb = png_get_channels(in.png, in.info) == 3;
  std::vector<std::uint8_t> other(is_rgb ? 0 : row_bytes * image.height);
  std::uint8_t* const rows = is_rgb ? image.rgb.data() : other.data();
  const bool whole = guarded(in.error, [&] {
    for (int pass = 0; pass < passes; ++pass)
      for (std::size_t y = 0; y < image.height; ++y)
        png_read_row(in.png, rows + y * row_bytes, nullptr);
  });

  if (gray16) {  // clipped
    for (std::size_t i = 0; i < image.width * image.height; ++i)
      other[i] = other[2 * i] != 0 ? 255 : other[2 * i + 1];
    other.resize(image.width * image.height);
  }
  if (!is_rgb) palette_of(in).paint(other, image.rgb);
  return {std::move(image), whole ? "" : in.error.text.data()};
}

}  // namespace

std::vector<std::uint8_t> encode_png(const Image& image) {
  constexpr std::size_t kMostWidth = 1u << 29, kMostHeight = 0x7FFFFFFF;  // 4W in zlib's 32 bits
  if (image.width > kMostWidth || image.height > kMostHeight)
    throw UsageError(
        fmt::format("a picture of {}x{} pixels cannot be written as PNG, which takes at most "
                    "{}x{}. Resize it, or choose another encoding.",
                    image.width, image.height, kMostWidth, kMostHeight));
  Bytes out(kSignature.begin(), kSignature.end());
  Bytes header;
  put32(header, image.width);
  put32(header, image.height);
  header.insert(header.end(), {8, 2, 0, 0, 0});  // 8 bit RGB, not interlaced
  put_chunk(out, "IHDR", header);

  const std::size_t row_bytes = 3 * image.width;
  const Bytes black(row_bytes);
  std::span<const std::uint8_t> above = black;
  IdatWriter idat(out, image.width);
  for (std::size_t y = 0; y < image.height; ++y) {
    const auto row = std::span(image.rgb).subspan(y * row_bytes, row_bytes);
    idat.row(filtered(row, above));
    above = row;
  }
  idat.finish();
  put_chunk(out, "IEND", {});
  return out;
}

Image decode_png(const ImageFile& file) {
  constexpr std::size_t kPiece = 8192;  // libpng's own
  Attempt attempt = read_png(file, kPiece);
  if (attempt.failure.empty()) return std::move(attempt.image);
  if (!file.options.truncated) file.damaged("PNG", attempt.failure);
  return read_png(file, 1).image;  // of a piece that is cut libpng would use nothing
}

std::string png_version() { return fmt::format("zlib {}", zlibVersion()); }

}  // namespace byteformer
