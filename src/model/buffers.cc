#include "model/buffers.h"

#include <utility>

namespace byteformer {

Buffer::Buffer(Buffers& home, std::size_t size) : home_(&home), bytes_(home.take(size)) {}

Buffer::~Buffer() {
  if (home_ != nullptr) home_->give(std::move(bytes_));
}

Buffers::Buffers() : unused_(std::make_unique<BySize>()) {}

Buffers::~Buffers() {
  if (!lock()) static_cast<void>(unused_.release());  // perhaps half changed
}

std::unique_lock<std::mutex> Buffers::lock() {
  return home_.is_this() ? std::unique_lock(mutex_) : std::unique_lock(mutex_, std::try_to_lock);
}

AlignedBytes Buffers::take(std::size_t size) {
  constexpr std::size_t kMostWaste = 4;  // times what is needed
  if (const auto locked = lock()) {
    const auto found = unused_->lower_bound(size);
    if (found != unused_->end() && found->first <= kMostWaste * size) {
      AlignedBytes bytes = std::move(found->second);
      kept_ -= bytes.size();
      unused_->erase(found);
      return bytes;
    }
  }
  return AlignedBytes(size);
}

void Buffers::give(AlignedBytes bytes) noexcept {
  const auto locked = lock();
  if (!locked || kept_ + bytes.size() > kMostKept) return;
  try {
    const std::size_t size = bytes.size();
    unused_->emplace(size, std::move(bytes));
    kept_ += size;
  } catch (const std::bad_alloc&) {  // then it is freed
  }
}

}  // namespace byteformer
