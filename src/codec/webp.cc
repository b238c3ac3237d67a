#include "codec/webp.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

namespace byteformer {

Image decode_webp(const ImageFile& file) {
  const WebPData data{file.bytes.data(), file.bytes.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data),
                                                                         &WebPDemuxDelete);
  if (!demuxer) file.damaged("WebP", "its chunks end early or contradict each other");
  Image image = file.blank(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH),
                           WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT));
  WebPIterator frame{};
  const std::unique_ptr<WebPIterator, decltype(&WebPDemuxReleaseIterator)> release(
      &frame, &WebPDemuxReleaseIterator);
  if (!WebPDemuxGetFrame(demuxer.get(), 1, &frame)) file.damaged("WebP", "it has no frame");
  // The demuxer has checked that the frame lies on the canvas; libwebp that it fits what is left.
  const std::size_t row = 3 * image.width;
  const std::size_t start =
      static_cast<std::size_t>(frame.y_offset) * row + 3 * static_cast<std::size_t>(frame.x_offset);
  if (WebPDecodeRGBInto(frame.fragment.bytes, frame.fragment.size, image.rgb.data() + start,
                        image.rgb.size() - start, static_cast<int>(row)) == nullptr)
    file.damaged("WebP", "its pixels cannot be decoded");
  return image;
}

}  // namespace byteformer
