// Working memory that the passes over a model take and give back. Memory fresh from the system
// would be cleared page by page, which takes a quarter of the time of a pass.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "tensor/aligned.h"

namespace byteformer {

class Buffers;

// Bytes on a 64-byte boundary, not initialised; they go back when this ends.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffers& home, std::size_t size);
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(home_, other.home_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Buffer();

  std::byte* data() { return bytes_.data(); }
  const std::byte* data() const { return bytes_.data(); }
  float* floats() { return reinterpret_cast<float*>(data()); }
  const float* floats() const { return reinterpret_cast<const float*>(data()); }

 private:
  Buffers* home_ = nullptr;
  AlignedBytes bytes_;
};

// Any number of threads may take and give at once.
class Buffers {
 public:
  static constexpr std::size_t kMostKept = 24 << 20;  // bytes that lie unused

 private:
  friend class Buffer;
  AlignedBytes take(std::size_t size);
  void give(AlignedBytes bytes) noexcept;

  std::mutex mutex_;
  std::multimap<std::size_t, AlignedBytes> unused_;  // by size
  std::size_t kept_ = 0;
};

}  // namespace byteformer
