// Numbers as zip archives and pickles store them: little endian, not aligned.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>

namespace byteformer {

// Requires at + sizeof(T) <= bytes.size().
template <class T>
T read_little_endian(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
void append_little_endian(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace byteformer
