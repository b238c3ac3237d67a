#include "files/sample_list.h"

#include <algorithm>

namespace byteformer {
namespace {

constexpr std::size_t kNameBlock = 1 << 16;

}  // namespace

std::uint32_t SampleList::add_place(const Path& path, bool is_archive) {
  places_.push_back({is_archive ? path + ":" : path, is_archive});
  return static_cast<std::uint32_t>(places_.size() - 1);
}

void SampleList::add(std::uint32_t place, std::string_view name, std::uint64_t tar_offset,
                     std::uint64_t bytes, std::size_t class_index) {
  if (names_->empty() || names_->back().size() + name.size() + 1 > kNameBlock)
    names_->emplace_back().reserve(std::max(kNameBlock, name.size() + 1));
  std::string& block = names_->back();
  entries_.push_back({tar_offset, bytes, static_cast<std::uint32_t>(names_->size() - 1),
                      static_cast<std::uint32_t>(block.size()), place,
                      static_cast<std::uint32_t>(class_index)});
  block += name;
  block += '\0';
}

Sample SampleList::operator[](std::size_t i) const {
  const Entry& e = entries_[i];
  const auto& [prefix, is_archive] = places_[e.place];
  Sample sample;
  sample.name = prefix;
  sample.name += name_of(e);
  sample.container = is_archive ? prefix.substr(0, prefix.size() - 1) : sample.name;
  sample.tar_offset = e.tar_offset;
  sample.bytes = e.bytes;
  sample.in_tar = is_archive;
  sample.class_index = e.class_index;
  return sample;
}

void SampleList::renumber_classes(const std::vector<std::size_t>& number) {
  for (Entry& e : entries_) e.class_index = static_cast<std::uint32_t>(number[e.class_index]);
}

int SampleList::compare_names(const Entry& a, const Entry& b) const {
  if (a.place == b.place) return name_of(a).compare(name_of(b));
  return (places_[a.place].prefix + std::string(name_of(a)))
      .compare(places_[b.place].prefix + std::string(name_of(b)));
}

void SampleList::sort() {
  std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
    if (a.class_index != b.class_index) return a.class_index < b.class_index;
    const int names = compare_names(a, b);
    return names != 0 ? names < 0 : a.tar_offset > b.tar_offset;
  });
  const auto end =
      std::unique(entries_.begin(), entries_.end(), [this](const auto& a, const auto& b) {
        return a.class_index == b.class_index && compare_names(a, b) == 0;
      });
  entries_.erase(end, entries_.end());
}

SampleList SampleList::take(const std::vector<bool>& chosen) {
  SampleList taken;
  taken.places_ = places_;
  taken.names_ = names_;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (chosen[i])
      taken.entries_.push_back(entries_[i]);
    else
      entries_[kept++] = entries_[i];
  }
  entries_.resize(kept);
  entries_.shrink_to_fit();
  return taken;
}

}  // namespace byteformer
