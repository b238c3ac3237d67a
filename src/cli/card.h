// The card of a model (README.md), to which measurements add lines.
#pragma once

#include <string>

namespace byteformer {

// The card without its lines that begin with `start`, and behind it the line start + rest: what a
// second measurement says stands in place of the first.
std::string with_line(const std::string& card, const std::string& start, const std::string& rest);

}  // namespace byteformer
