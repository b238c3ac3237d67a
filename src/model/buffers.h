// Working memory that the passes over a model take and give back. Memory fresh from the system
// would be cleared page by page, which takes a quarter of the time of a pass.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "base/home_process.h"
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

// Any number of threads may take and give at once. In a child of fork() it goes on; where another
// thread was taking or giving at that moment, nothing is kept there any more.
class Buffers {
 public:
  static constexpr std::size_t kMostKept = 24 << 20;  // bytes that lie unused

  Buffers();
  ~Buffers();

 private:
  friend class Buffer;
  AlignedBytes take(std::size_t size);
  void give(AlignedBytes bytes) noexcept;
  std::unique_lock<std::mutex> lock();  // not owned where the mutex will never be free

  HomeProcess home_;
  std::mutex mutex_;
  using BySize = std::multimap<std::size_t, AlignedBytes>;
  std::unique_ptr<BySize> unused_;
  std::size_t kept_ = 0;
};

}  // namespace byteformer
