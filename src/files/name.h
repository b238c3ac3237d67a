// Names for output: paths are bytes, JSON is UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace byteformer {

bool is_utf8(std::string_view bytes);                      // shortest forms only, no surrogates
std::string replace_invalid_utf8(std::string_view bytes);  // each maximal bad part becomes U+FFFD
std::string base64(std::string_view bytes);                // RFC 4648, with padding
// For a terminal or a message: control characters and bad UTF-8 as \n, \t, \xE9; no escape sequence
// passes.
std::string printable(std::string_view bytes);

}  // namespace byteformer
