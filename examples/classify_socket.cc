// Names files that arrive over a socket, while they arrive: none is ever whole in memory.
//
//   classify_socket MODEL /tmp/byteformer.sock &
//   nc -N -U /tmp/byteformer.sock < FILE
//
// A connection carries one file; the end of what the peer sends is the file's end. It is answered
// by one line, "label probability" or "error kind: message". One connection at a time.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "byteformer/classifier.h"
#include "byteformer/stream.h"

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int listen_at(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error(path + ": is too long for the name of a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (listener < 0) fail("socket");
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) fail(path);
  if (::listen(listener, 16) < 0) fail(path);
  return listener;
}

std::string answer(const byteformer::Classifier& classifier, int connection) {
  byteformer::Stream stream(classifier);
  std::array<std::uint8_t, 65536> piece;
  for (;;) {
    const ssize_t got = ::recv(connection, piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("recv");
    if (got == 0) break;  // the peer has sent all
    if (!stream.push(std::span(piece).first(static_cast<std::size_t>(got)))) break;
  }
  const byteformer::Prediction p = stream.finish();
  return (p.unknown ? "unknown" : p.label) + ' ' + std::to_string(p.probability) + '\n';
}

void serve(const byteformer::Classifier& classifier, int connection) {
  std::string line;
  try {
    line = answer(classifier, connection);
  } catch (const byteformer::InputError& error) {
    line = std::string("error ") + name_of(error.kind()) + ": " + error.what() + '\n';
  } catch (const byteformer::ModelError& error) {
    line = std::string("error model: ") + error.what() + '\n';
  } catch (const std::system_error& error) {
    std::cerr << error.what() << '\n';  // the peer is gone
    return;
  }
  // A peer that does not wait for its answer is its own affair: no SIGPIPE.
  if (::send(connection, line.data(), line.size(), MSG_NOSIGNAL) < 0)
    std::cerr << "send: " << std::strerror(errno) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: " << argv[0] << " MODEL SOCKET\n";
    return 2;
  }
  try {
    const byteformer::Classifier classifier(argv[1]);
    const int listener = listen_at(argv[2]);
    for (;;) {
      const int connection = ::accept(listener, nullptr, nullptr);
      if (connection < 0 && errno == EINTR) continue;
      if (connection < 0) fail("accept");
      serve(classifier, connection);
      ::close(connection);
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
