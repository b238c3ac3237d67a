#include "codec/jpeg.h"

#include <fmt/format.h>

#include <cstdio>  // jpeglib.h needs it
#include <cstdlib>
#include <memory>
// (after cstdio)
#include <jpeglib.h>

#include "byteformer/error.h"
#include "codec/guarded.h"

namespace byteformer {
namespace {

// What libjpeg calls when something is wrong: it would print and exit.
jpeg_error_mgr quiet_errors() {
  jpeg_error_mgr errors;
  jpeg_std_error(&errors);
  errors.error_exit = [](j_common_ptr info) {
    auto& error = *static_cast<LibraryError*>(info->client_data);
    info->err->format_message(info, error.text.data());
    std::longjmp(error.back, 1);
  };
  errors.emit_message = [](j_common_ptr, int) {};
  return errors;
}

struct Compressor {
  LibraryError error{};
  jpeg_error_mgr errors = quiet_errors();
  jpeg_compress_struct info{};

  Compressor() {
    info.err = &errors;
    info.client_data = &error;
  }
  ~Compressor() { jpeg_destroy_compress(&info); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
};

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

std::string jpeg_version() {
  const int version = LIBJPEG_TURBO_VERSION_NUMBER;  // 2001005 is 2.1.5
  return fmt::format("libjpeg-turbo {}.{}.{}", version / 1000000, version / 1000 % 1000,
                     version % 1000);
}

}  // namespace byteformer
