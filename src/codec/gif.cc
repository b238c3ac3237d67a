#include "codec/gif.h"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "codec/colour.h"

namespace byteformer {
namespace {

struct CloseGif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, CloseGif>;

int read_from_memory(GifFileType* gif, GifByteType* out, int wanted) {
  auto& rest = *static_cast<std::span<const std::uint8_t>*>(gif->UserData);
  const std::size_t n = std::min(rest.size(), static_cast<std::size_t>(std::max(wanted, 0)));
  if (n > 0) std::memcpy(out, rest.data(), n);
  rest = rest.subspan(n);
  return static_cast<int>(n);
}

[[noreturn]] void damaged(const ImageFile& file, int error) {
  const char* text = GifErrorString(error);
  file.damaged("GIF", text == nullptr ? "its structure is not that of a GIF" : text);
}

// Goes to the first frame. Returns what fills the screen around it.
std::uint8_t seek_first_frame(const ImageFile& file, GifFileType* gif) {
  std::uint8_t around = 0;
  for (;;) {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(gif, &type) == GIF_ERROR) damaged(file, gif->Error);
    if (type == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(gif) == GIF_ERROR) damaged(file, gif->Error);
      return around;
    }
    if (type != EXTENSION_RECORD_TYPE) file.damaged("GIF", "it ends before its first frame");
    int code = 0;
    GifByteType* block = nullptr;  // [1 + block[0]]
    if (DGifGetExtension(gif, &code, &block) == GIF_ERROR) damaged(file, gif->Error);
    GraphicsControlBlock control{};
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr &&
        DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK &&
        control.TransparentColor != NO_TRANSPARENT_COLOR)
      around = static_cast<std::uint8_t>(control.TransparentColor);
    while (block != nullptr)
      if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) damaged(file, gif->Error);
  }
}

// The frame's rows in the order of the file.
std::vector<std::size_t> row_order(std::size_t height, bool interlaced) {
  std::vector<std::size_t> rows;
  if (!interlaced)
    for (std::size_t y = 0; y < height; ++y) rows.push_back(y);
  else
    for (const auto& [first, step] : {std::pair{0, 8}, {4, 8}, {2, 4}, {1, 2}})
      for (std::size_t y = first; y < height; y += step) rows.push_back(y);
  return rows;
}

}  // namespace

Image decode_gif(const ImageFile& file) {
  std::span<const std::uint8_t> rest = file.bytes;
  int error = 0;
  const Gif gif(DGifOpen(&rest, &read_from_memory, &error));
  if (!gif) damaged(file, error);
  const std::uint8_t around = seek_first_frame(file, gif.get());

  const std::size_t left = gif->Image.Left, top = gif->Image.Top;
  const std::size_t width = gif->Image.Width, height = gif->Image.Height;
  Image image = file.blank(std::max<std::size_t>(gif->SWidth, left + width),
                           std::max<std::size_t>(gif->SHeight, top + height));
  std::vector<std::uint8_t> indices(image.width * image.height, around);
  for (const std::size_t y : row_order(height, gif->Image.Interlace)) {
    std::uint8_t* row = &indices[(top + y) * image.width + left];
    if (DGifGetLine(gif.get(), row, static_cast<int>(width)) == GIF_ERROR) {
      if (!file.options.truncated) damaged(file, gif->Error);
      break;
    }
  }

  Palette palette;
  const ColorMapObject* map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
  for (int i = 0; map != nullptr && i < map->ColorCount; ++i)
    palette.colours[i] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue};
  palette.paint(indices, image.rgb);
  return image;
}

}  // namespace byteformer
