#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "data/loader.h"

namespace byteformer {
namespace {

// Of the last two parts of the name, class/file: the same wherever the folder lies, and in a
// tar archive of it, whatever the archive is called.
std::uint64_t hash_of(const Sample& sample) {
  const std::string name =
      sample.in_tar ? sample.name.substr(sample.container.size() + 1) : sample.name;
  std::size_t slash = name.rfind('/');
  if (slash != std::string::npos && slash > 0) slash = name.rfind('/', slash - 1);
  return mix_seed(
      hash_of_text(std::string_view(name).substr(slash == std::string::npos ? 0 : slash + 1)), 0);
}

}  // namespace

std::pair<std::vector<Sample>, std::vector<Sample>> split(const std::vector<Sample>& samples,
                                                          double share) {
  std::map<std::size_t, std::vector<std::pair<std::uint64_t, std::size_t>>> by_class;
  for (std::size_t i = 0; i < samples.size(); ++i)
    by_class[samples[i].class_index].emplace_back(hash_of(samples[i]), i);
  // A file goes to the second part if its hash is small; a class that would get none there gives
  // its smallest.
  const auto limit = static_cast<std::uint64_t>(std::ldexp(share, 32));
  std::vector<bool> second(samples.size(), false);
  for (auto& [unused, members] : by_class) {
    std::sort(members.begin(), members.end());
    for (const auto& [hash, i] : members) second[i] = hash >> 32 < limit;
    if (share > 0 && members.size() > 1) {
      second[members.front().second] = true;
      second[members.back().second] = false;  // and one stays
    }
  }
  std::pair<std::vector<Sample>, std::vector<Sample>> parts;
  for (std::size_t i = 0; i < samples.size(); ++i)
    (second[i] ? parts.second : parts.first).push_back(samples[i]);
  return parts;
}

}  // namespace byteformer
