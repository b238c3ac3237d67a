#include "cli/card.h"

#include <sstream>

namespace byteformer {

std::string with_line(const std::string& card, const std::string& start, const std::string& rest) {
  std::string out;
  std::istringstream lines(card);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with(start)) out += line + "\n";
  return out + start + rest + "\n";
}

}  // namespace byteformer
