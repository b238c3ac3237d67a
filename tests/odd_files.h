// The odd files of tests/odd, and what odd.tsv says of each.
#pragma once

#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace byteformer {

struct OddFile {
  std::string name;  // with odd.tsv's escapes, so printable
  std::string path;
  std::size_t bytes = 0;
  std::string must;  // "image 40x30 RGB", "audio 16000 Hz, 1 channel, ...", "bytes 36", "error"

  bool is_sound() const { return name.starts_with("audio/") || must.starts_with("audio"); }
  bool may_fail() const { return must == "error" || must.ends_with("or error"); }
};

inline std::string odd_folder() { return std::string(BYTEFORMER_SOURCE) + "/tests/odd"; }

inline std::vector<OddFile> odd_files() {
  std::vector<OddFile> files;
  std::ifstream in(odd_folder() + "/odd.tsv");
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> columns(1);
    for (const char c : line)
      if (c == '\t')
        columns.emplace_back();
      else
        columns.back() += c;
    if (columns.size() < 4 || columns[0] == "name") continue;
    std::string name = columns[0];
    for (const auto& [escape, character] :
         {std::pair{"\\n", "\n"}, {"\\t", "\t"}, {"\\\"", "\""}, {"\\xe9", "\xe9"}})
      for (std::size_t at; (at = name.find(escape)) != std::string::npos;)
        name.replace(at, std::string(escape).size(), character);
    files.push_back({columns[0], odd_folder() + "/" + name, std::stoul(columns[1]), columns[3]});
  }
  return files;
}

inline std::vector<std::uint8_t> bytes_of(const OddFile& odd) {
  std::ifstream in(odd.path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// For GoogleTest: its letters and digits.
inline std::string test_name(const OddFile& odd) {
  std::string name = odd.name;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

}  // namespace byteformer
