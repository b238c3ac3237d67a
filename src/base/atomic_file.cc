#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "byteformer/error.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const char* action) {
  const int reason = errno;
  const char* remedy = reason == ENOSPC || reason == EDQUOT || reason == EFBIG
                           ? " Free some space and try again."
                       : reason == EACCES || reason == EPERM || reason == EROFS
                           ? " Choose a folder that may be written."
                           : " Check the path and the disk.";
  throw IoError(path.string() + ": " + action + " failed: " + std::strerror(reason) + "." + remedy);
}

constexpr const char* kPart = ".part-";  // in every temporary name

// A name in the same folder that no other process or thread takes.
fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> counter = 0;
  fs::path name = path;
  if (!name.has_filename()) name = name.parent_path();
  std::string hidden = ".";
  hidden += name.filename().string();
  hidden += kPart + std::to_string(::getpid()) + "-" + std::to_string(counter++);
  return name.parent_path() / hidden;
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

// The file to replace: where `path` is a link, what it points to, so that the link stays. A device,
// a FIFO or a folder is refused: the rename would put a file in its place.
fs::path file_behind(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw IoError(path.string() +
                  ": is no regular file, so it cannot be replaced by one. Choose another name.");
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  const fs::path target = fs::canonical(path, error);
  return error ? path : target;  // a link to nothing is replaced itself
}

// A folder's entry is on the disk only after the folder is flushed too. Some file systems refuse
// that; then the rename is still atomic, only not yet durable.
void flush_folder(const fs::path& folder) {
  const Descriptor d(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
  if (d.get() >= 0) (void)::fsync(d.get());
}

void write_all(int fd, const char* data, std::size_t size, const fs::path& path) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "writing");
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

void flush_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory()) {
      flush_folder(entry.path());
    } else if (entry.is_regular_file()) {
      const Descriptor d(entry.path(), O_RDONLY);
      if (d.get() < 0 || ::fsync(d.get()) != 0) fail(entry.path(), "flushing");
    }
  }
  flush_folder(folder);
}

// For file systems that cannot exchange two names: between the two renames there is no folder of
// this name.
void exchange_in_steps(const fs::path& part, const fs::path& path) {
  const fs::path old = temporary_beside(path);
  if (::rename(path.c_str(), old.c_str()) != 0) fail(path, "moving the old folder aside");
  if (::rename(part.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    (void)::rename(old.c_str(), path.c_str());
    errno = reason;
    fail(path, "replacing the folder");
  }
  (void)::rename(old.c_str(), part.c_str());
}

}  // namespace

void write_file_atomically(const fs::path& name, std::string_view contents) {
  const fs::path path = file_behind(name);
  const fs::path part = temporary_beside(path);
  try {
    // 0666 less the umask, as any program that creates a file.
    Descriptor d(part, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (d.get() < 0) fail(path, "creating a file beside it");
    write_all(d.get(), contents.data(), contents.size(), path);
    if (::fsync(d.get()) != 0) fail(path, "flushing");
    if (!d.close()) fail(path, "closing");
    if (::rename(part.c_str(), path.c_str()) != 0) fail(path, "renaming the new file to this name");
  } catch (...) {
    ::unlink(part.c_str());
    throw;
  }
  flush_folder(path.parent_path());
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> contents) {
  write_file_atomically(
      path, std::string_view(reinterpret_cast<const char*>(contents.data()), contents.size()));
}

void write_directory_atomically(const fs::path& path,
                                const std::function<void(const fs::path&)>& fill) {
  const fs::path part = temporary_beside(path);
  if (::mkdir(part.c_str(), 0777) != 0) fail(path, "creating a folder beside it");
  try {
    fill(part);
    flush_tree(part);
    if (::rename(part.c_str(), path.c_str()) != 0) {
      if (errno != ENOTEMPTY && errno != EEXIST) fail(path, "renaming the new folder to this name");
      // There is an old one: exchange the two names, so that one of them is there at every moment.
      if (::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) != 0) {
        if (errno != EINVAL && errno != ENOSYS) fail(path, "replacing the folder");
        exchange_in_steps(part, path);
      }
      std::error_code ignored;  // the old one, now under the temporary name
      fs::remove_all(part, ignored);
    }
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(part, ignored);
    throw;
  }
  flush_folder(path.parent_path());
}

void remove_left_parts(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && name.find(kPart) != std::string::npos)
      left.push_back(entry.path());
  }
  for (const fs::path& part : left) fs::remove_all(part, ignored);
}

}  // namespace byteformer
