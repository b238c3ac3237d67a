#include "codec/pnm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

namespace byteformer {
namespace {

class PnmReader {
 public:
  explicit PnmReader(const ImageFile& file)
      : file_(file), plain_(file.bytes[1] <= '3'), kind_((file.bytes[1] - '1') % 3) {
    width_ = header_number();
    height_ = header_number();
    if (kind_ != kBitmap) most_ = header_number();
    if (most_ == 0 || most_ > 65535)
      file.damaged("PNM", fmt::format("its largest value is {}, but must be 1 to 65535", most_));
    if (!plain_) ++at_;  // one blank, then the pixels
  }

  Image read() {
    if (!file_.options.truncated) check_length();
    Image image = file_.blank(width_, height_);
    const std::size_t channels = kind_ == kColour ? 3 : 1;
    for (std::size_t y = 0; y < height_; ++y)
      for (std::size_t i = 0; i < width_ * channels; ++i) {
        const std::optional<std::uint32_t> value = next_value(y, i);
        if (!value && file_.options.truncated) return image;
        if (!value) file_.damaged("PNM", "it ends before its last pixel");
        std::uint8_t* out = &image.rgb[3 * width_ * y + i * (3 / channels)];
        std::fill_n(out, 3 / channels, byte_of(*value));
      }
    return image;
  }

 private:
  enum Kind { kBitmap, kGray, kColour };

  std::uint64_t bytes_per_row() const {
    const std::uint64_t values = width_ * (kind_ == kColour ? 3 : 1);
    if (plain_) return values;  // at least a digit each
    return kind_ == kBitmap ? (values + 7) / 8 : values * (most_ > 255 ? 2 : 1);
  }

  // Memory is taken by the declared size: first see that the pixels can be there.
  void check_length() const {
    const std::uint64_t left = file_.bytes.size() - std::min(at_, file_.bytes.size());
    if (height_ != 0 && bytes_per_row() > left / height_)
      file_.damaged("PNM", fmt::format("its {}x{} pixels do not fit into {} bytes", width_, height_,
                                       file_.bytes.size()));
  }

  // The i-th value of row y; nothing at the end of the file. To be called in order.
  std::optional<std::uint32_t> next_value(std::size_t y, std::size_t i) {
    if (plain_) return kind_ == kBitmap ? plain_bit() : plain_number();
    const std::size_t size = kind_ != kBitmap && most_ > 255 ? 2 : 1;
    const std::size_t row = at_ + y * bytes_per_row();
    if (row + bytes_per_row() > file_.bytes.size()) return std::nullopt;  // whole rows only
    const std::size_t at = row + (kind_ == kBitmap ? i / 8 : i * size);
    if (kind_ == kBitmap) return file_.bytes[at] >> (7 - i % 8) & 1;
    return size == 1 ? file_.bytes[at] : file_.bytes[at] * 256u + file_.bytes[at + 1];
  }

  std::uint8_t byte_of(std::uint32_t value) const {
    if (kind_ == kBitmap) return value == 1 ? 0 : 255;
    const double full = kind_ == kGray && most_ > 255 ? 65535 : 255;
    const double scaled = std::nearbyint(value / static_cast<double>(most_) * full);
    return static_cast<std::uint8_t>(std::min(scaled, 255.0));
  }

  std::uint32_t header_number() {
    const std::optional<std::uint32_t> value = digits();
    if (!value) file_.damaged("PNM", "it ends within its header");
    return *value;
  }

  std::optional<std::uint32_t> plain_number() {
    const std::optional<std::uint32_t> value = digits();
    if (value && *value > most_)
      file_.damaged("PNM", fmt::format("the value {} is above the declared {}", *value, most_));
    return value;
  }

  std::optional<std::uint32_t> plain_bit() {  // bits need no blanks between them
    skip_space();
    if (at_ >= file_.bytes.size()) return std::nullopt;
    const std::uint8_t character = file_.bytes[at_++];
    if (character != '0' && character != '1')
      file_.damaged("PNM",
                    fmt::format("byte {} is {}, but must be the digit 0 or 1", at_ - 1, character));
    return character - '0';
  }

  std::optional<std::uint32_t> digits() {
    constexpr std::uint32_t kTooMuch = 400'000'000;  // above every limit, and times 10 it fits
    skip_space();
    if (at_ >= file_.bytes.size()) return std::nullopt;
    const std::size_t first = at_;
    std::uint32_t value = 0;
    for (; at_ < file_.bytes.size() && file_.bytes[at_] >= '0' && file_.bytes[at_] <= '9'; ++at_)
      value = std::min(value * 10 + (file_.bytes[at_] - '0'), kTooMuch);
    if (at_ == first)
      file_.damaged("PNM", fmt::format("byte {} is {}, but must be a digit or a blank", at_,
                                       file_.bytes[at_]));
    return value;
  }

  void skip_space() {
    constexpr std::string_view kSpace = " \t\n\v\f\r";
    for (bool comment = false; at_ < file_.bytes.size(); ++at_) {
      const char c = static_cast<char>(file_.bytes[at_]);
      if (c == '\n' || c == '\r')
        comment = false;
      else if (c == '#')
        comment = true;
      else if (!comment && kSpace.find(c) == std::string_view::npos)
        return;
    }
  }

  const ImageFile& file_;
  const bool plain_;
  const int kind_;
  std::uint64_t width_ = 0, height_ = 0, most_ = 1;
  std::size_t at_ = 2;
};

}  // namespace

Image decode_pnm(const ImageFile& file) { return PnmReader(file).read(); }

}  // namespace byteformer
