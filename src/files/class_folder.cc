#include "files/class_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "files/name.h"
#include "files/tar.h"

namespace byteformer {
namespace {

// Counts what was left out by reason and says each reason once, with an example.
class LeftOut {
 public:
  void add(const char* reason, const std::string& example) {
    auto& [count, first] = reasons_[reason];
    if (count++ == 0) first = example;
  }
  void say(const Notice& notice) const {
    for (const auto& [reason, what] : reasons_)
      notice(
          fmt::format("left out: {} {} (such as {})", what.first, reason, printable(what.second)));
  }

 private:
  std::map<std::string, std::pair<std::size_t, std::string>> reasons_;
};

// Classes by their names, numbered as they come, and the samples of them.
class Listing {
 public:
  explicit Listing(const Notice& notice) : notice_(notice) {}

  std::uint32_t add_place(const Path& path, bool is_archive) {
    return samples_.add_place(path, is_archive);
  }

  // A file at `relative` (class/.../file) of a place, sorted into its class or left out.
  void add(std::uint32_t place, const std::string& relative, const std::string& shown,
           std::uint64_t tar_offset, std::uint64_t bytes) {
    const std::size_t slash = relative.find('/');
    if (relative.starts_with('.') || relative.find("/.") != std::string::npos)
      left_out_.add("hidden files", shown);
    else if (slash == std::string::npos)
      left_out_.add("files outside a class folder", shown);
    else
      samples_.add(place, relative, tar_offset, bytes, number_of(relative.substr(0, slash)));
  }

  void add_members(const Path& archive) {
    const std::uint32_t place = add_place(archive, true);
    for_each_tar_member(
        archive,
        [&](const TarMember& member) {
          add(place, member.name, archive + ":" + member.name, member.offset, member.bytes);
        },
        notice_);
  }

  // A class is a folder, also one without files, which is said.
  void add_class(const std::string& name) {
    if (!numbers_.contains(name)) notice_("the class " + printable(name) + " has no files");
    number_of(name);
  }

  ClassFolder finish() {
    left_out_.say(notice_);
    ClassFolder folder;
    std::vector<std::size_t> by_name(numbers_.size());
    for (const auto& [name, number] : numbers_) {
      by_name[number] = folder.classes.size();
      folder.classes.push_back(name);
    }
    samples_.renumber_classes(by_name);
    samples_.sort();
    folder.samples = std::move(samples_);
    return folder;
  }

 private:
  std::size_t number_of(const std::string& name) {
    return numbers_.emplace(name, numbers_.size()).first->second;
  }

  const Notice& notice_;
  std::map<std::string, std::size_t> numbers_;
  SampleList samples_;
  LeftOut left_out_;
};

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == 20) return text + fmt::format(" and {} more", names.size() - i);
    text += (i > 0 ? ", " : "") + printable(names[i]);
  }
  return text;
}

}  // namespace

ClassFolder list_class_folder(const Path& path, const Notice& notice) {
  struct stat status {};
  const std::string shown = printable(path);
  if (::stat(path.c_str(), &status) != 0)
    throw UsageError(shown + ": " +
                     (errno == ENOENT ? "is not there"
                                      : fmt::format("cannot be read: {}", std::strerror(errno))) +
                     ". Give a folder with one folder a class, or a tar archive of these.");
  Listing listing(notice);
  if (S_ISDIR(status.st_mode)) {
    const std::string root = path.ends_with('/') ? path : path + "/";
    const std::uint32_t place = listing.add_place(root, false);
    for_each_input(
        {root},
        [&](const Found& found) {
          const std::string relative = found.path.substr(root.size());
          if (relative.ends_with(".tar") && relative.find('/') == std::string::npos &&
              !relative.starts_with('.')) {
            listing.add_members(found.path);
            return true;
          }
          struct stat file {};
          const bool is_there = ::stat(found.path.c_str(), &file) == 0;
          listing.add(place, relative, found.path, 0,
                      is_there ? static_cast<std::uint64_t>(file.st_size) : 0);
          return true;
        },
        notice);
    for (const std::string& name : folders_in(root))
      if (!name.starts_with('.')) listing.add_class(name);
  } else if (!S_ISREG(status.st_mode)) {  // opening a FIFO would wait for a writer
    throw UsageError(shown +
                     ": is neither a folder nor a file. Give a folder with one folder a class, or "
                     "a tar archive of these.");
  } else {
    listing.add_members(path);
  }
  ClassFolder folder = listing.finish();
  if (folder.samples.empty())
    throw UsageError(fmt::format(
        "{}: {} class folders and no file in them. Files must lie at {}/<class>/<file>.", shown,
        folder.classes.size(), shown));
  return folder;
}

std::vector<std::size_t> class_numbers(const std::vector<std::string>& classes,
                                       const std::vector<std::string>& known) {
  std::vector<std::size_t> numbers(classes.size());
  std::vector<std::string> unknown;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto found = std::find(known.begin(), known.end(), classes[i]);
    if (found == known.end())
      unknown.push_back(classes[i]);
    else
      numbers[i] = static_cast<std::size_t>(found - known.begin());
  }
  if (!unknown.empty())
    throw UsageError(fmt::format(
        "the data has classes that the model does not know: {}. The model knows {}. Rename or "
        "remove these folders, or use the model that was trained on them.",
        quoted_list(unknown), quoted_list(known)));
  return numbers;
}

void match_classes(ClassFolder& folder, const std::vector<std::string>& classes) {
  const std::vector<std::size_t> numbers = class_numbers(folder.classes, classes);
  folder.samples.renumber_classes(numbers);
  folder.classes = classes;
}

std::vector<std::uint8_t> read_sample(const Sample& sample, ReadLimit limit) {
  if (!sample.in_tar) return read_input(sample.container, Origin::kFound, limit);
  if (sample.bytes > limit.bytes && !limit.cut)
    throw InputError(InputErrorKind::kTooLarge,
                     fmt::format("{}: {} bytes, but at most {} are read.", printable(sample.name),
                                 sample.bytes, limit.bytes));
  return read_part(sample.container, sample.tar_offset, std::min(sample.bytes, limit.bytes));
}

}  // namespace byteformer
