// Memory on 64-byte boundaries, a cache line, that is not initialised: packed weights, tables and
// the working memory of the kernels.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace byteformer {

template <class T>
class AlignedArray {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedArray() = default;
  explicit AlignedArray(std::size_t size)
      : size_(size),
        values_(static_cast<T*>(::operator new (size * sizeof(T), std::align_val_t{kAlignment}))) {}

  T* data() { return values_.get(); }
  const T* data() const { return values_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(T* values) const { ::operator delete (values, std::align_val_t{kAlignment}); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T, Free> values_;
};

using AlignedBytes = AlignedArray<std::byte>;
using AlignedFloats = AlignedArray<float>;

// The size in bytes of a part, so that the next one begins on a boundary too.
constexpr std::size_t aligned_size(std::size_t bytes) {
  return (bytes + AlignedBytes::kAlignment - 1) / AlignedBytes::kAlignment *
         AlignedBytes::kAlignment;
}

}  // namespace byteformer
