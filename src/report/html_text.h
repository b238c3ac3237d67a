// What every page of ours begins with and how texts get into it.
#pragma once

#include <string>

namespace byteformer {

// For text and attributes. Bytes that are not ASCII pass: the page says UTF-8, and a browser shows
// bad ones as U+FFFD.
std::string escaped(const std::string& text);

// Up to the command that made the page, under its title; "</body></html>" is left to the caller.
std::string page_start(const std::string& title, const std::string& command);

}  // namespace byteformer
