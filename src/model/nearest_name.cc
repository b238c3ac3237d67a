#include "model/nearest_name.h"

#include <algorithm>
#include <vector>

namespace byteformer {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest_name(std::string_view mistyped, std::span<const std::string> names) {
  const auto distance = [&](std::string_view name) {
    std::size_t least = edit_distance(mistyped, name);
    for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1))
      least = std::min(least, edit_distance(mistyped, name.substr(dot + 1)));
    return least;
  };
  return *std::min_element(
      names.begin(), names.end(),
      [&](const std::string& a, const std::string& b) { return distance(a) < distance(b); });
}

}  // namespace byteformer
