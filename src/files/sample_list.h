// Labelled files of a data set, however many: 32 bytes each and the part of their names behind that
// of their folder or archive. A Sample with its whole names is made when one is asked for.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "files/input.h"

namespace byteformer {

// One labelled file: in a folder (tar_offset unused) or inside a tar archive.
struct Sample {
  Path name;                     // as shown: DIR/class/file or ARCHIVE.tar:class/file
  Path container;                // the file to open: the file itself, or the archive
  std::uint64_t tar_offset = 0;  // of the member's first byte
  std::uint64_t bytes = 0;       // size when it was listed
  bool in_tar = false;
  std::size_t class_index = 0;
};

// Any number of threads may read it.
class SampleList {
 public:
  // Where samples lie: a folder, with its last "/", or an archive. Returns its number.
  std::uint32_t add_place(const Path& path, bool is_archive);
  // `name` is the one within the place.
  void add(std::uint32_t place, std::string_view name, std::uint64_t tar_offset,
           std::uint64_t bytes, std::size_t class_index);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Sample operator[](std::size_t i) const;
  std::string_view name_in_place(std::size_t i) const { return name_of(entries_[i]); }
  std::size_t class_of(std::size_t i) const { return entries_[i].class_index; }
  std::uint64_t bytes_of(std::size_t i) const { return entries_[i].bytes; }

  void renumber_classes(const std::vector<std::size_t>& number);  // [class], the new ones
  // By class, then by whole name; of several members of one name the one that lies last in its
  // archive stays.
  void sort();
  // Moves the chosen samples into a list of their own; both keep their order.
  SampleList take(const std::vector<bool>& chosen);

 private:
  struct Place {
    Path prefix;  // of whole names: "DIR/" or "ARCHIVE.tar:"
    bool is_archive;
  };
  struct Entry {
    std::uint64_t tar_offset, bytes;
    std::uint32_t name_block, name_begin;  // in names_; a zero byte ends it
    std::uint32_t place, class_index;
  };

  std::string_view name_of(const Entry& e) const {
    return (*names_)[e.name_block].data() + e.name_begin;
  }
  int compare_names(const Entry& a, const Entry& b) const;

  std::vector<Place> places_;
  // A list that is taken from another shares its names. Deques grow without a second copy.
  std::shared_ptr<std::deque<std::string>> names_ = std::make_shared<std::deque<std::string>>();
  std::deque<Entry> entries_;
};

}  // namespace byteformer
