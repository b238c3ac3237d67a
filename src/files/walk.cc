#include "files/walk.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "files/name.h"

namespace byteformer {
namespace {

Path inside(const Path& folder, const std::string& name) {
  Path path = folder;
  if (!path.ends_with('/')) path += '/';
  path += name;
  return path;
}

// Names in a folder, sorted by bytes, so that the order does not depend on the file system. Nothing
// if it cannot be read, which is said.
std::optional<std::vector<std::string>> names_in(const Path& folder, const Notice& notice) {
  std::vector<std::string> names;
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return std::nullopt;
  for (;;) {
    errno = 0;  // the only way to tell the end from a failure
    const dirent* entry = ::readdir(directory);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0)
    notice(printable(folder) + " was listed in part only (" + std::strerror(errno) + ")");
  ::closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

const char* special_kind(mode_t mode) {
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// False when visit asked to stop.
bool walk(const Path& folder, const std::function<bool(const Found&)>& visit,
          const Notice& notice) {
  const std::optional<std::vector<std::string>> names = names_in(folder, notice);
  // Passed on as an input, so that what could not be listed has a record and is not taken for
  // empty.
  if (!names) return visit({folder, Origin::kFound});
  for (const std::string& name : *names) {
    const Path path = inside(folder, name);
    struct stat itself {
    }, target{};
    if (::lstat(path.c_str(), &itself) != 0) {
      if (!visit({path, Origin::kFound})) return false;  // vanished: reading it gives its record
      continue;
    }
    if (S_ISDIR(itself.st_mode)) {
      if (!walk(path, visit, notice)) return false;
      continue;
    }
    if (S_ISLNK(itself.st_mode) && ::stat(path.c_str(), &target) == 0) {
      if (S_ISDIR(target.st_mode)) {
        notice(printable(path) + " is a link to a folder; not followed");
        continue;
      }
      itself = target;
    }
    if (!S_ISREG(itself.st_mode) && !S_ISLNK(itself.st_mode)) {
      notice(printable(path) + " is " + special_kind(itself.st_mode) + "; skipped");
      continue;
    }
    if (!visit({path, Origin::kFound})) return false;
  }
  return true;
}

}  // namespace

void for_each_input(const std::vector<Path>& paths, const std::function<bool(const Found&)>& visit,
                    const Notice& notice) {
  for (const Path& path : paths) {
    struct stat status {};
    const bool is_folder =
        path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    if (is_folder ? !walk(path, visit, notice) : !visit({path, Origin::kGiven})) return;
  }
}

std::vector<std::string> folders_in(const Path& folder) {
  std::vector<std::string> folders;
  for (std::string& name :
       names_in(folder, [](const std::string&) {}).value_or(std::vector<std::string>())) {
    struct stat status {};
    if (::lstat(inside(folder, name).c_str(), &status) == 0 && S_ISDIR(status.st_mode))
      folders.push_back(std::move(name));
  }
  return folders;
}

std::vector<Path> read_file_list(const Path& list, char separator) {
  const std::vector<std::uint8_t> bytes = read_input(list, Origin::kGiven);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<Path> paths;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) paths.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return paths;
}

}  // namespace byteformer
