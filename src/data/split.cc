#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "data/loader.h"

namespace byteformer {
namespace {

// Of the last two parts of the name, class/file: the same wherever the folder lies, and in a
// tar archive of it, whatever the archive is called.
std::uint64_t hash_of(std::string_view name) {
  std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos && slash > 0) slash = name.rfind('/', slash - 1);
  return mix_seed(hash_of_text(name.substr(slash == std::string_view::npos ? 0 : slash + 1)), 0);
}

}  // namespace

std::pair<SampleList, SampleList> split(SampleList samples, double share) {
  // A file goes to the second part if its hash is small; a class that would get none there gives
  // its smallest.
  const auto limit = static_cast<std::uint64_t>(std::ldexp(share, 32));
  struct Extremes {
    std::pair<std::uint64_t, std::size_t> least, most;
    std::size_t files = 0;
  };
  std::map<std::size_t, Extremes> by_class;
  std::vector<bool> second(samples.size(), false);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::pair mine{hash_of(samples.name_in_place(i)), i};
    second[i] = mine.first >> 32 < limit;
    Extremes& e = by_class[samples.class_of(i)];
    if (e.files == 0 || mine < e.least) e.least = mine;
    if (e.files == 0 || e.most < mine) e.most = mine;
    ++e.files;
  }
  for (const auto& [unused, e] : by_class)
    if (share > 0 && e.files > 1) {
      second[e.least.second] = true;
      second[e.most.second] = false;  // and one stays
    }
  SampleList taken = samples.take(second);
  return {std::move(samples), std::move(taken)};
}

}  // namespace byteformer
