#include "checkpoint/stored_zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>

#include "byteformer/error.h"
#include "checkpoint/little_endian.h"

namespace byteformer {
namespace {

constexpr std::uint32_t kLocalSignature = 0x04034B50, kCentralSignature = 0x02014B50,
                        kEndSignature = 0x06054B50;
constexpr std::size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kMaxComment = 65535;
constexpr std::size_t kAlignment = 64;  // of an entry's bytes, as torch.save: they can be mapped
constexpr std::uint16_t kVersion = 20, kUtf8Names = 0x0800, kFirstOfJanuary1980 = 0x0021;
constexpr std::size_t kMaxZip = 0xFFFFFFFE;

std::uint32_t checksum(const void* data, std::size_t bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, static_cast<const Bytef*>(data), bytes));
}

class Reader {
 public:
  Reader(std::span<const std::byte> file, const std::string& name) : file_(file), name_(name) {}

  std::map<std::string, std::span<const std::byte>> read() {
    const std::size_t end = find_end();
    const std::size_t entries = get<std::uint16_t>(end + 10),
                      directory_bytes = get<std::uint32_t>(end + 12);
    std::size_t at = get<std::uint32_t>(end + 16);
    if (get<std::uint32_t>(end + 4) != 0 || entries != get<std::uint16_t>(end + 8))
      fail(end, "is one part of an archive in several files");
    if (entries == 0xFFFF || at == 0xFFFFFFFF)
      fail(end, "is a ZIP64 archive, but at most 4 GiB are read");
    if (at > end || directory_bytes > end - at)
      fail(end, fmt::format("has its directory at bytes {} to {}, but ends at {}", at,
                            at + directory_bytes, end));
    const std::size_t directory_end = at + directory_bytes;
    for (std::size_t i = 0; i < entries; ++i) at = read_entry(at, directory_end);
    return std::move(entries_);
  }

 private:
  template <class T>
  T get(std::size_t at) const {
    return read_little_endian<T>(file_, at);
  }

  [[noreturn]] void fail(std::size_t at, const std::string& what) const {
    throw FormatError(fmt::format("{}: {} (at byte {}). The file is damaged, or no checkpoint that "
                                  "torch.save wrote.",
                                  name_, what, at),
                      at);
  }

  std::size_t find_end() const {
    const std::size_t earliest =
        file_.size() > kEndBytes + kMaxComment ? file_.size() - kEndBytes - kMaxComment : 0;
    for (std::size_t back = kEndBytes; back <= file_.size() - earliest && file_.size() >= back;
         ++back) {
      const std::size_t at = file_.size() - back;
      if (get<std::uint32_t>(at) == kEndSignature &&
          get<std::uint16_t>(at + 20) == back - kEndBytes)
        return at;
    }
    fail(file_.size(), fmt::format("{} bytes without the end of a zip archive", file_.size()));
  }

  // Returns where the next entry of the directory begins.
  std::size_t read_entry(std::size_t at, std::size_t end) {
    if (end - at < kCentralBytes || get<std::uint32_t>(at) != kCentralSignature)
      fail(at, "the directory ends early");
    const std::size_t name_bytes = get<std::uint16_t>(at + 28),
                      rest = name_bytes + get<std::uint16_t>(at + 30) + get<std::uint16_t>(at + 32);
    if (end - at - kCentralBytes < rest) fail(at, "the directory ends early");
    const std::string entry(reinterpret_cast<const char*>(&file_[at]) + kCentralBytes, name_bytes);
    const std::string shown = entry.substr(0, 100);
    if ((get<std::uint16_t>(at + 8) & 1) != 0) fail(at, "the entry " + shown + " is encrypted");
    if (const int method = get<std::uint16_t>(at + 10); method != 0)
      fail(at, fmt::format("the entry {} is compressed (method {}), but torch.save only stores",
                           shown, method));
    const std::size_t bytes = get<std::uint32_t>(at + 24), local = get<std::uint32_t>(at + 42);
    if (bytes != get<std::uint32_t>(at + 20))
      fail(at, "the entry " + shown + " has two different sizes");
    // From its local header: the name and the padding before the bytes.
    if (local > file_.size() || file_.size() - local < kLocalBytes ||
        get<std::uint32_t>(local) != kLocalSignature)
      fail(at, fmt::format("the entry {} is said to be at byte {}, where none is", shown, local));
    const std::size_t data =
        local + kLocalBytes + get<std::uint16_t>(local + 26) + get<std::uint16_t>(local + 28);
    if (data > file_.size() || file_.size() - data < bytes)
      fail(at, fmt::format("the entry {} has {} bytes from {} on, but the file has {}", shown,
                           bytes, data, file_.size()));
    total_ += bytes;
    if (total_ > file_.size()) fail(at, "the entries together are larger than the file");
    const std::span<const std::byte> view = file_.subspan(data, bytes);
    if (checksum(view.data(), bytes) != get<std::uint32_t>(at + 16))
      fail(data, "the entry " + shown + " does not have its checksum");
    if (!entries_.emplace(entry, view).second) fail(at, "the entry " + shown + " is there twice");
    return at + kCentralBytes + rest;
  }

  std::span<const std::byte> file_;
  std::string name_;
  std::size_t total_ = 0;
  std::map<std::string, std::span<const std::byte>> entries_;
};

// The fields that a local header and the directory share, from the version on.
std::string shared_fields(std::string_view name, std::string_view data, std::size_t extra) {
  std::string out;
  append_little_endian(out, kVersion);
  append_little_endian(out, kUtf8Names);
  append_little_endian(out, std::uint16_t{0});  // stored
  append_little_endian(out, std::uint16_t{0});  // midnight: archives do not depend on the time
  append_little_endian(out, kFirstOfJanuary1980);
  append_little_endian(out, checksum(data.data(), data.size()));
  append_little_endian(out, static_cast<std::uint32_t>(data.size()));
  append_little_endian(out, static_cast<std::uint32_t>(data.size()));
  append_little_endian(out, static_cast<std::uint16_t>(name.size()));
  append_little_endian(out, static_cast<std::uint16_t>(extra));
  return out;
}

}  // namespace

std::map<std::string, std::span<const std::byte>> read_stored_zip(std::span<const std::byte> file,
                                                                  const std::string& name) {
  return Reader(file, name).read();
}

std::string write_stored_zip(const std::vector<std::pair<std::string, std::string_view>>& entries) {
  std::size_t total = 0;
  for (const auto& [name, data] : entries)
    total += data.size() + 2 * name.size() + kLocalBytes + kCentralBytes + kAlignment;
  if (total > kMaxZip || entries.size() >= 0xFFFF)
    throw ModelError(
        fmt::format("{} bytes in {} entries, but a .pt file is written up to 4 GiB and "
                    "65534 entries. Write safetensors.",
                    total, entries.size()));
  std::string out, directory;
  out.reserve(total);
  for (const auto& [name, data] : entries) {
    const std::size_t local = out.size(), unpadded = local + kLocalBytes + name.size() + 4;
    const std::size_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
    append_little_endian(out, kLocalSignature);
    out += shared_fields(name, data, 4 + padding);
    out += name;
    append_little_endian(out, std::uint16_t{0x4246});  // "FB", as torch.save names its padding
    append_little_endian(out, static_cast<std::uint16_t>(padding));
    out.append(padding, '\0');
    out += data;
    append_little_endian(directory, kCentralSignature);
    append_little_endian(directory, kVersion);  // made by
    directory += shared_fields(name, data, 0);
    directory.append(10, '\0');  // no comment, first file, no attributes
    append_little_endian(directory, static_cast<std::uint32_t>(local));
    directory += name;
  }
  const auto at = static_cast<std::uint32_t>(out.size());
  const auto count = static_cast<std::uint16_t>(entries.size());
  out += directory;
  append_little_endian(out, kEndSignature);
  append_little_endian(out, std::uint32_t{0});  // this file is the first and the last
  append_little_endian(out, count);
  append_little_endian(out, count);
  append_little_endian(out, static_cast<std::uint32_t>(directory.size()));
  append_little_endian(out, at);
  append_little_endian(out, std::uint16_t{0});  // no comment
  return out;
}

}  // namespace byteformer
