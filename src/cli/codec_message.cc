#include "cli/codec_message.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace byteformer {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

// Kind, number, lengths of name and bytes.
using Header = std::array<std::uint64_t, 4>;

bool write_all(int file, const void* data, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t written = ::write(file, static_cast<const char*>(data) + done, size - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

bool read_all(int file, void* data, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::read(file, static_cast<char*>(data) + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

template <class Container>
bool read_into(int file, Container& out, std::uint64_t size) {
  while (out.size() < size) {
    const std::size_t begin = out.size();
    out.resize(begin + std::min<std::uint64_t>(kPiece, size - begin));
    if (!read_all(file, out.data() + begin, out.size() - begin)) return false;
  }
  return true;
}

}  // namespace

bool send(int file, const CodecMessage& message) {
  const Header header = {static_cast<std::uint64_t>(message.kind), message.number,
                         message.name.size(), message.bytes.size()};
  return write_all(file, header.data(), sizeof(header)) &&
         write_all(file, message.name.data(), message.name.size()) &&
         write_all(file, message.bytes.data(), message.bytes.size());
}

std::optional<CodecMessage> receive(int file) {
  Header header{};
  CodecMessage message;
  if (!read_all(file, header.data(), sizeof(header)) ||
      header[0] > static_cast<std::uint64_t>(CodecMessage::Kind::kUsageError))
    return std::nullopt;
  message.kind = static_cast<CodecMessage::Kind>(header[0]);
  message.number = header[1];
  if (!read_into(file, message.name, header[2]) || !read_into(file, message.bytes, header[3]))
    return std::nullopt;
  return message;
}

}  // namespace byteformer
