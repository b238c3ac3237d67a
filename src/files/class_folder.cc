#include "files/class_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
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

using ByClass = std::map<std::string, std::vector<Sample>>;

// Sorts a file at `relative` (class/.../file) into its class, or leaves it out.
void place(ByClass& by_class, LeftOut& left_out, const std::string& relative, Sample sample) {
  const std::size_t slash = relative.find('/');
  if (relative.starts_with('.') || relative.find("/.") != std::string::npos) {
    left_out.add("hidden files", sample.name);
    return;
  }
  if (slash == std::string::npos) {
    left_out.add("files outside a class folder", sample.name);
    return;
  }
  by_class[relative.substr(0, slash)].push_back(std::move(sample));
}

void place_members(ByClass& by_class, LeftOut& left_out, const Path& archive,
                   const Notice& notice) {
  for_each_tar_member(
      archive,
      [&](const TarMember& member) {
        Sample sample{archive + ":" + member.name, archive, member.offset, member.bytes, true, 0};
        place(by_class, left_out, member.name, std::move(sample));
      },
      notice);
}

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
    throw UsageError(
        shown +
        ": is not there. Give a folder with one folder a class, or a tar archive of these.");
  ClassFolder folder;
  ByClass by_class;
  LeftOut left_out;
  if (S_ISDIR(status.st_mode)) {
    const std::string root = path.ends_with('/') ? path : path + "/";
    for_each_input(
        {root},
        [&](const Found& found) {
          const std::string relative = found.path.substr(root.size());
          if (relative.ends_with(".tar") && relative.find('/') == std::string::npos &&
              !relative.starts_with('.')) {
            place_members(by_class, left_out, found.path, notice);
            return true;
          }
          Sample sample{found.path, found.path, 0, 0, false, 0};
          struct stat file {};
          if (::stat(found.path.c_str(), &file) == 0)
            sample.bytes = static_cast<std::uint64_t>(file.st_size);
          place(by_class, left_out, relative, std::move(sample));
          return true;
        },
        notice);
    // A class is a folder, also one without files.
    std::vector<std::string> empty;
    for (const std::string& name : folders_in(root))
      if (!name.starts_with('.') && !by_class.contains(name)) {
        by_class[name];
        empty.push_back(name);
      }
    for (const std::string& name : empty) notice("the class " + printable(name) + " has no files");
  } else if (!S_ISREG(status.st_mode)) {  // opening a FIFO would wait for a writer
    throw UsageError(shown +
                     ": is neither a folder nor a file. Give a folder with one folder a class, or "
                     "a tar archive of these.");
  } else {
    place_members(by_class, left_out, path, notice);
  }
  left_out.say(notice);
  for (auto& [name, samples] : by_class) {
    // A member that was added to an archive again replaces the earlier one, as tar unpacks it: the
    // later comes first here, and unique() keeps the first.
    std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
      return a.name != b.name ? a.name < b.name : a.tar_offset > b.tar_offset;
    });
    samples.erase(std::unique(samples.begin(), samples.end(),
                              [](const Sample& a, const Sample& b) { return a.name == b.name; }),
                  samples.end());
    for (Sample& sample : samples) {
      sample.class_index = folder.classes.size();
      folder.samples.push_back(std::move(sample));
    }
    folder.classes.push_back(name);
  }
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
  for (Sample& sample : folder.samples) sample.class_index = numbers[sample.class_index];
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
