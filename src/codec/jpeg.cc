#include "codec/jpeg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>  // jpeglib.h needs it
#include <cstdlib>
#include <memory>
// (after cstdio)
#include <jpeglib.h>
// (after jpeglib)
#include <jerror.h>

#include "byteformer/error.h"
#include "codec/colour.h"
#include "codec/guarded.h"

namespace byteformer {
namespace {

// What libjpeg calls when something is wrong: it would print and exit.
jpeg_error_mgr quiet_errors() {
  jpeg_error_mgr errors{};
  jpeg_std_error(&errors);
  errors.error_exit = [](j_common_ptr info) {
    auto& error = *static_cast<LibraryError*>(info->client_data);
    info->err->format_message(info, error.text.data());
    std::longjmp(error.back, 1);
  };
  errors.emit_message = [](j_common_ptr, int) {};
  return errors;
}

// jpeg_compress_struct or jpeg_decompress_struct with what an error needs.
template <typename Info, void (*destroy)(Info*)>
struct Jpeg {
  LibraryError error{};
  jpeg_error_mgr errors = quiet_errors();
  Info info{};

  Jpeg() {
    info.err = &errors;
    info.client_data = &error;
  }
  ~Jpeg() { destroy(&info); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;
};
using Compressor = Jpeg<jpeg_compress_struct, &jpeg_destroy_compress>;
using Decompressor = Jpeg<jpeg_decompress_struct, &jpeg_destroy_decompress>;

// A file in memory. What libjpeg wants behind its end is an error, or (`truncated`) an end marker:
// then libjpeg fills in the rest of the picture.
jpeg_source_mgr memory_source(std::span<const std::uint8_t> bytes, bool truncated) {
  jpeg_source_mgr source{};
  source.next_input_byte = bytes.data();
  source.bytes_in_buffer = bytes.size();
  source.init_source = [](j_decompress_ptr) {};
  source.term_source = [](j_decompress_ptr) {};
  source.resync_to_restart = &jpeg_resync_to_restart;
  source.skip_input_data = [](j_decompress_ptr info, long count) {
    const auto n =
        std::min(static_cast<std::size_t>(std::max(count, 0L)), info->src->bytes_in_buffer);
    info->src->next_input_byte += n;
    info->src->bytes_in_buffer -= n;
  };
  if (truncated)
    source.fill_input_buffer = [](j_decompress_ptr info) -> boolean {
      static constexpr std::array<JOCTET, 2> kEnd = {0xFF, JPEG_EOI};
      info->src->next_input_byte = kEnd.data();
      info->src->bytes_in_buffer = kEnd.size();
      return TRUE;
    };
  else
    source.fill_input_buffer = [](j_decompress_ptr info) -> boolean {
      ERREXIT(info, JERR_INPUT_EOF);
      return FALSE;
    };
  return source;
}

// A scan may be a few bytes and costs time for the whole picture. Real files have about ten.
void limit_scans(j_common_ptr info) {
  constexpr int kMostScans = 100;
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMostScans)
    ERREXIT(info, JERR_BAD_PROGRESSION);
}

}  // namespace

std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100)
    throw UsageError(fmt::format("JPEG quality is {}, but must be 1 to 100.", quality));
  if (image.width > JPEG_MAX_DIMENSION || image.height > JPEG_MAX_DIMENSION)
    throw UsageError(
        fmt::format("a picture of {}x{} pixels cannot be a JPEG, whose sides are at most {}. "
                    "Resize it, or choose another encoding.",
                    image.width, image.height, JPEG_MAX_DIMENSION));
  Compressor jpeg;
  unsigned char* out = nullptr;  // libjpeg's, by malloc; ours once it has finished
  unsigned long size = 0;
  const bool done = guarded(jpeg.error, [&] {
    jpeg_create_compress(&jpeg.info);
    jpeg_mem_dest(&jpeg.info, &out, &size);
    jpeg.info.image_width = static_cast<JDIMENSION>(image.width);
    jpeg.info.image_height = static_cast<JDIMENSION>(image.height);
    jpeg.info.input_components = 3;
    jpeg.info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg.info);
    jpeg_set_quality(&jpeg.info, quality, TRUE);
    jpeg_start_compress(&jpeg.info, TRUE);
    while (jpeg.info.next_scanline < jpeg.info.image_height) {
      auto* row = const_cast<JSAMPROW>(&image.rgb[3 * image.width * jpeg.info.next_scanline]);
      jpeg_write_scanlines(&jpeg.info, &row, 1);  // reads the row only
    }
    jpeg_finish_compress(&jpeg.info);
  });
  if (!done)
    throw UsageError(fmt::format("a picture of {}x{} pixels could not be written as JPEG: {}.",
                                 image.width, image.height, jpeg.error.text.data()));
  const std::unique_ptr<unsigned char, decltype(&std::free)> owner(out, &std::free);
  return {out, out + size};
}

Image decode_jpeg(const ImageFile& file) {
  Decompressor jpeg;
  jpeg_decompress_struct& info = jpeg.info;
  jpeg_source_mgr source = memory_source(file.bytes, file.options.truncated);
  jpeg_progress_mgr progress{};
  progress.progress_monitor = &limit_scans;
  if (!guarded(jpeg.error, [&] {
        jpeg_create_decompress(&info);
        info.src = &source;
        info.progress = &progress;
        jpeg_read_header(&info, TRUE);
      }))
    file.damaged("JPEG", jpeg.error.text.data());
  const bool cmyk = info.num_components == 4;
  if (info.num_components != 1 && info.num_components != 3 && !cmyk)
    file.unsupported("JPEG", fmt::format("{} components", info.num_components));
  Image image = file.blank(info.image_width, info.image_height);

  std::vector<JSAMPLE> ink(cmyk ? 4 * image.width : 0);  // one row
  if (!guarded(jpeg.error,
               [&] {
                 info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
                 jpeg_start_decompress(&info);
                 while (info.output_scanline < info.output_height) {
                   std::uint8_t* out = &image.rgb[3 * image.width * info.output_scanline];
                   JSAMPROW row = cmyk ? ink.data() : out;
                   jpeg_read_scanlines(&info, &row, 1);
                   for (std::size_t i = 0; i < ink.size(); i += 4, out += 3) {
                     const std::array<std::uint8_t, 4> inverted = {
                         static_cast<std::uint8_t>(255 - ink[i]),
                         static_cast<std::uint8_t>(255 - ink[i + 1]),
                         static_cast<std::uint8_t>(255 - ink[i + 2]),
                         static_cast<std::uint8_t>(255 - ink[i + 3])};
                     std::ranges::copy(rgb_of_cmyk(inverted), out);
                   }
                 }
               }) &&
      !file.options.truncated)
    file.damaged("JPEG", jpeg.error.text.data());
  return image;
}

std::string jpeg_version() {
  const int version = LIBJPEG_TURBO_VERSION_NUMBER;  // 2001005 is 2.1.5
  return fmt::format("libjpeg-turbo {}.{}.{}", version / 1000000, version / 1000 % 1000,
                     version % 1000);
}

}  // namespace byteformer
