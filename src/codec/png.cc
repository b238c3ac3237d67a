#include "codec/png.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "byteformer/error.h"

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

std::string png_version() { return fmt::format("zlib {}", zlibVersion()); }

}  // namespace byteformer
