#include <algorithm>
#include <vector>

#include "cli/commands.h"
#include "fuzz/target.h"

// Words end with a newline each; the first chooses the command. Those that write files where the
// words say are left out, and no model is found, so that nothing but the words is read.
void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  std::vector<std::string> words;
  const std::string text = text_of(bytes);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  for (std::string& word : words)
    if (word.find('/') != std::string::npos || word == ".") word = "x";
  if (words.empty()) return;
  const std::string command = words.front();
  words.erase(words.begin());
  if (command == "inspect") inspect(words, "fuzz");
  if (command == "predict") {
    for (const std::string& word : words)
      if (word.starts_with("--files-from")) return;  // may be standard input, without an end
    predict(words, "fuzz");
  }
}
