#include "bytes/key.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <numeric>
#include <string>
#include <utility>

#include "byteformer/error.h"

namespace byteformer {
namespace {

std::uint32_t random_number() {
  std::uint32_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number))
    throw IoError(std::string("the system gives no random bytes: ") + std::strerror(errno) +
                  ". A key cannot be made here.");
  return number;
}

// Uniform in [0, bound): numbers beyond the last whole multiple are drawn again.
std::uint32_t random_below(std::uint32_t bound) {
  const std::uint32_t most = UINT32_MAX - UINT32_MAX % bound;
  for (;;)
    if (const std::uint32_t number = random_number(); number < most) return number % bound;
}

}  // namespace

ByteTable random_key() {
  ByteTable key;
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  for (std::uint32_t i = 255; i > 0; --i) std::swap(key[i], key[random_below(i + 1)]);
  return key;
}

void save_key(const std::filesystem::path& path, const ByteTable& key) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST)
    throw UsageError(
        path.string() +
        ": is there already, and a key that is lost cannot be made again. Give another "
        "name.");
  const bool written = file >= 0 &&
                       ::write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
                       ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (!written)
    throw IoError(path.string() + ": cannot be written: " + std::strerror(reason) +
                  ". Choose a folder that may be written.");
}

ByteTable load_key(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw IoError(path.string() +
                  ": cannot be opened. Check that the key is there and may be read.");
  std::array<char, 257> bytes{};
  in.read(bytes.data(), bytes.size());
  const auto count = static_cast<std::size_t>(in.gcount());
  std::bitset<256> seen;
  ByteTable key{};
  for (std::size_t i = 0; i < std::min(count, key.size()); ++i) {
    key[i] = static_cast<std::uint8_t>(bytes[i]);
    seen.set(key[i]);
  }
  if (count != key.size() || !seen.all())
    throw FormatError(path.string() +
                      ": is no key, which is 256 bytes, each value once. Make one with "
                      "`byteformer obfuscate --make-key FILE`.");
  return key;
}

ByteTable inverse(const ByteTable& key) {
  ByteTable back{};
  for (std::size_t i = 0; i < key.size(); ++i) back[key[i]] = static_cast<std::uint8_t>(i);
  return back;
}

}  // namespace byteformer
