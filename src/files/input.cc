#include "files/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "files/name.h"

namespace byteformer {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;

[[noreturn]] void fail(const Path& path, int reason) {
  const std::string name = printable(path);
  switch (reason) {
    case ENOENT:
    case ENOTDIR:
      throw InputError(InputErrorKind::kVanished,
                       name + ": is not there. Check the name, or list the folder again.");
    case ELOOP:
      throw InputError(InputErrorKind::kLoop,
                       name + ": symbolic links that lead to each other. Remove the link.");
    case ENXIO:
    case ENODEV:
      throw InputError(InputErrorKind::kSpecial,
                       name + ": a socket or a device; only files and streams are read.");
    default:
      throw InputError(InputErrorKind::kUnreadable,
                       fmt::format("{}: cannot be read: {}. Check its permissions and the disk.",
                                   name, std::strerror(reason)));
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Reads from the descriptor's position to the end or the limit. Grows by what is there: the
// declared size is only a hint.
std::vector<std::uint8_t> read_all(int fd, const Path& path, std::uint64_t hint,
                                   const ReadLimit& limit) {
  std::vector<std::uint8_t> bytes;
  const std::uint64_t most = limit.bytes;
  for (;;) {
    if (limit.cut && bytes.size() >= most) return bytes;
    // One byte beyond the limit tells a longer file from one that just fits.
    const std::uint64_t wanted = limit.cut            ? most - bytes.size()
                                 : most == UINT64_MAX ? UINT64_MAX
                                                      : most + 1 - bytes.size();
    const std::uint64_t expected =
        hint > bytes.size() ? std::min<std::uint64_t>(hint - bytes.size() + 1, 16 << 20) : kChunk;
    const auto chunk = static_cast<std::size_t>(std::min(wanted, expected));
    const std::size_t before = bytes.size();
    bytes.resize(before + chunk);
    const ssize_t got = ::read(fd, bytes.data() + before, chunk);
    bytes.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, errno);
    if (got == 0) return bytes;
    if (!limit.cut && bytes.size() > most)
      throw InputError(InputErrorKind::kTooLarge,
                       fmt::format("{}: more than {} bytes, which is the most that is read.",
                                   printable(path), most));
  }
}

struct Opened {
  Descriptor file;
  std::string name;    // for messages
  std::uint64_t size;  // as declared; a hint
};

Opened open_input(const Path& path, Origin origin) {
  if (path == "-" && origin == Origin::kGiven) {
    const int fd = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) fail("standard input", errno);
    return {Descriptor(fd), "standard input", 0};
  }
  // O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) fail(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, errno);
  const std::string name = printable(path);
  if (S_ISDIR(status.st_mode))
    throw InputError(InputErrorKind::kUnreadable,
                     name + ": is a folder where a file was expected. Name the files in it.");
  if (S_ISFIFO(status.st_mode) && origin == Origin::kGiven) {
    // Given by name, its writer is expected: wait for it. Until one has come, poll() does not say
    // "hung up".
    pollfd waiting{file.get(), POLLIN, 0};
    while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
    }
    if (::fcntl(file.get(), F_SETFL, O_RDONLY) != 0) fail(path, errno);
    return {std::move(file), path, 0};
  }
  if (!S_ISREG(status.st_mode)) {
    const char* what = S_ISFIFO(status.st_mode)   ? "a FIFO"
                       : S_ISSOCK(status.st_mode) ? "a socket"
                                                  : "a device";
    throw InputError(
        InputErrorKind::kSpecial,
        fmt::format("{}: {}; only files and, where given by name, FIFOs and - are read.", name,
                    what));
  }
  return {std::move(file), path, static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0))};
}

}  // namespace

std::vector<std::uint8_t> read_input(const Path& path, Origin origin, ReadLimit limit) {
  const Opened input = open_input(path, origin);
  return read_all(input.file.get(), input.name, input.size, limit);
}

void read_pieces(const Path& path, Origin origin,
                 const std::function<bool(std::span<const std::uint8_t>)>& visit) {
  const Opened input = open_input(path, origin);
  std::vector<std::uint8_t> piece(kChunk);
  for (;;) {
    const ssize_t got = ::read(input.file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(input.name, errno);
    if (got == 0 || !visit(std::span(piece).first(static_cast<std::size_t>(got)))) return;
  }
}

bool is_stream(const Path& path) {
  struct stat status {};
  return path == "-" || (::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode));
}

std::vector<std::uint8_t> read_part(const Path& path, std::uint64_t offset, std::uint64_t size) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) fail(path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, errno);
  const auto there = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
  if (!S_ISREG(status.st_mode) || offset > there || size > there - offset)
    throw InputError(
        InputErrorKind::kDamaged,
        fmt::format(
            "{}: bytes {} to {} are not there; it has {} bytes. It changed since it was listed.",
            printable(path), offset, offset + size, there));
  if (::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0) fail(path, errno);
  return read_all(file.get(), path, size, {size, true});
}

}  // namespace byteformer
