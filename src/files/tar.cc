#include "files/tar.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

#include "byteformer/error.h"
#include "files/name.h"

namespace byteformer {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kMaxExtension =
    1 << 20;  // of a long name or a pax header; a path has at most 4096 bytes

using Header = std::array<char, kBlock>;

class Reader {
 public:
  Reader(const Path& archive, const std::function<void(const TarMember&)>& visit,
         const Notice& notice)
      : archive_(archive),
        visit_(visit),
        notice_(notice),
        in_(archive, std::ios::binary | std::ios::ate) {
    if (!in_)
      throw IoError(printable(archive) +
                    ": cannot be opened. Check that it is there and may be read.");
    size_ = static_cast<std::uint64_t>(in_.tellg());
  }

  void run() {
    std::uint64_t at = 0;
    while (at + kBlock <= size_) {
      Header header{};
      read(at, header.data(), kBlock);
      if (header == Header{}) return;  // the end is marked by blocks of zeros
      verify_checksum(header, at);
      std::uint64_t bytes = number(header, 124, 12, at);
      const char type = header[156];
      if (type != 'x' && next_size_) bytes = *next_size_;
      const std::uint64_t data = at + kBlock;
      if (bytes > size_ - data)
        fail(at, fmt::format("a member is said to have {} bytes, but {} are left", bytes,
                             size_ - data));
      if (type == 'L')
        next_name_ = text(data, bytes, at);
      else if (type == 'x')
        read_pax(text(data, bytes, at), at);
      else if (type != 'K' && type != 'g')
        member(header, type, data, bytes);
      at = data + (bytes + kBlock - 1) / kBlock * kBlock;
    }
    if (at != size_ && at < size_ + kBlock && size_ - std::min(at, size_) != 0)
      fail(at, fmt::format("{} bytes are left, less than a header", size_ - at));
    if (size_ == 0) fail(0, "the archive is empty");
    if (at > size_) fail(size_, "the last member is cut short");
  }

 private:
  [[noreturn]] void fail(std::uint64_t offset, const std::string& what) {
    throw FormatError(
        fmt::format(
            "{}: at byte {}: {}. The archive is damaged, compressed or no tar file; give an "
            "uncompressed tar or the folder itself.",
            printable(archive_), offset, what),
        offset);
  }

  void read(std::uint64_t at, char* to, std::uint64_t bytes) {
    in_.seekg(static_cast<std::streamoff>(at));
    if (!in_.read(to, static_cast<std::streamsize>(bytes))) fail(at, "reading failed");
  }

  std::string text(std::uint64_t at, std::uint64_t bytes, std::uint64_t header_at) {
    if (bytes > kMaxExtension)
      fail(header_at, fmt::format("a name or extended header of {} bytes, more than 1 MiB", bytes));
    std::string text(bytes, '\0');
    read(at, text.data(), bytes);
    return text;
  }

  // An octal number, or base 256 where the first bit is set.
  std::uint64_t number(const Header& header, std::size_t at, std::size_t length,
                       std::uint64_t header_at) {
    const auto first = static_cast<unsigned char>(header[at]);
    std::uint64_t value = 0;
    if ((first & 0x80u) != 0) {
      value = first & 0x7Fu;
      for (std::size_t i = 1; i < length; ++i) {
        if (value >> 55 != 0) fail(header_at, "a size beyond 2^63");
        value = value << 8 | static_cast<unsigned char>(header[at + i]);
      }
      return value;
    }
    for (std::size_t i = 0; i < length; ++i) {
      const char c = header[at + i];
      if (c == ' ' || c == '\0') {
        if (value != 0) break;
        continue;
      }
      if (c < '0' || c > '7') fail(header_at, "a number that is not octal");
      value = value << 3 | static_cast<unsigned>(c - '0');
    }
    return value;
  }

  void verify_checksum(const Header& header, std::uint64_t at) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
      sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
    if (sum != number(header, 148, 8, at)) fail(at, "a header's checksum is wrong");
  }

  // Records "LENGTH key=value\n"; LENGTH counts itself.
  void read_pax(std::string_view records, std::uint64_t at) {
    while (!records.empty()) {
      std::size_t length = 0;
      const auto [end, error] =
          std::from_chars(records.data(), records.data() + records.size(), length);
      const auto digits = static_cast<std::size_t>(end - records.data());
      if (error != std::errc() || length > records.size() || length < digits + 3 ||
          records[digits] != ' ' || records[length - 1] != '\n')
        fail(at, "a broken record in an extended header");
      const std::string_view record = records.substr(digits + 1, length - digits - 2);
      const std::size_t equals = record.find('=');
      if (equals == std::string_view::npos) fail(at, "a record without = in an extended header");
      const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
      if (key == "path") next_name_ = std::string(value);
      if (key == "size") {
        std::uint64_t size = 0;
        const auto [stop, bad] = std::from_chars(value.data(), value.data() + value.size(), size);
        if (bad != std::errc() || stop != value.data() + value.size())
          fail(at, "a size that is no number");
        next_size_ = size;
      }
      if (key.starts_with("GNU.sparse.")) sparse_ = true;
      records.remove_prefix(length);
    }
  }

  void member(const Header& header, char type, std::uint64_t data, std::uint64_t bytes) {
    std::string name = next_name_ ? *next_name_ : short_name(header);
    name = name.substr(0, name.find('\0'));
    const bool sparse = sparse_ || type == 'S';
    next_name_.reset();
    next_size_.reset();
    sparse_ = false;
    while (name.starts_with("./")) name.erase(0, 2);
    if (type == '5' || name.empty()) return;
    const std::string shown = printable(archive_) + ":" + printable(name);
    if (sparse || (type != '0' && type != '\0' && type != '7')) {
      notice_(shown + " is no regular file; left out");
    } else if (name.starts_with('/') || ("/" + name + "/").find("/../") != std::string::npos) {
      notice_(shown + " would lie outside its folder; left out");
    } else {
      visit_({std::move(name), data, bytes});
    }
  }

  static std::string short_name(const Header& header) {
    auto field = [&](std::size_t at, std::size_t length) {
      const std::string_view text(header.data() + at, length);
      return std::string(text.substr(0, text.find('\0')));
    };
    const bool ustar = std::string_view(header.data() + 257, 6) == std::string_view("ustar\0", 6);
    const std::string prefix = ustar ? field(345, 155) : "";
    return prefix.empty() ? field(0, 100) : prefix + "/" + field(0, 100);
  }

  const Path& archive_;
  const std::function<void(const TarMember&)>& visit_;
  const Notice& notice_;
  std::ifstream in_;
  std::uint64_t size_ = 0;
  std::optional<std::string> next_name_;
  std::optional<std::uint64_t> next_size_;
  bool sparse_ = false;
};

}  // namespace

void for_each_tar_member(const Path& archive, const std::function<void(const TarMember&)>& visit,
                         const Notice& notice) {
  Reader(archive, visit, notice).run();
}

}  // namespace byteformer
