#include "files/name.h"

#include <fmt/format.h>

#include <cstdint>

namespace byteformer {
namespace {

unsigned char byte_at(std::string_view s, std::size_t i) {
  return i < s.size() ? static_cast<unsigned char>(s[i]) : 0;
}

// Length of the well-formed character at i (RFC 3629), or 0; `bad` is then the length of the
// maximal bad part, the one that becomes a single replacement character.
std::size_t character_at(std::string_view s, std::size_t i, std::size_t& bad) {
  const unsigned char first = byte_at(s, i);
  bad = 1;
  if (first < 0x80) return 1;
  std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                       : (first & 0xF0) == 0xE0         ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
  if (length == 0) return 0;
  // The second byte excludes long forms, surrogates and what lies beyond U+10FFFF.
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t j = 1; j < length; ++j) {
    const unsigned char c = byte_at(s, i + j);
    if (i + j >= s.size() || c < (j == 1 ? low : 0x80) || c > (j == 1 ? high : 0xBF)) {
      bad = j;
      return 0;
    }
  }
  return length;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  std::size_t bad = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = character_at(bytes, i, bad);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string text;
  std::size_t bad = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = character_at(bytes, i, bad);
    if (length > 0)
      text += bytes.substr(i, length);
    else
      text += "\xEF\xBF\xBD";
    i += length > 0 ? length : bad;
  }
  return text;
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(byte_at(bytes, i)) << 16 |
                                static_cast<std::uint32_t>(byte_at(bytes, i + 1)) << 8 |
                                byte_at(bytes, i + 2);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j > bytes.size() ? '=' : kDigits[(group >> (18 - 6 * j)) & 63u];
  }
  return text;
}

std::string printable(std::string_view bytes) {
  std::string text;
  std::size_t bad = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = character_at(bytes, i, bad);
    const unsigned char c = byte_at(bytes, i);
    const bool is_c1 =
        length == 2 && c == 0xC2 && byte_at(bytes, i + 1) < 0xA0;  // control characters above 127
    if (c == '\n')
      text += "\\n";
    else if (c == '\t')
      text += "\\t";
    else if (c == '\\')
      text += "\\\\";
    else if (length == 0 || c < 0x20 || c == 0x7F || is_c1)
      for (std::size_t j = 0; j < (length == 0 ? bad : length); ++j)
        text += fmt::format("\\x{:02X}", byte_at(bytes, i + j));
    else
      text += bytes.substr(i, length);
    i += length > 0 ? length : bad;
  }
  return text;
}

}  // namespace byteformer
