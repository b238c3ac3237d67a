// Bytes that do not change and are shared by their copies: of a vector, or part of a mapped file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace byteformer {

class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::vector<std::byte> bytes) {  // NOLINT(google-explicit-constructor): is one
    const auto kept = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    view_ = *kept;
    owner_ = kept;
  }
  // A part of what `owner` keeps.
  SharedBytes(std::span<const std::byte> view, std::shared_ptr<const void> owner)
      : view_(view), owner_(std::move(owner)) {}

  const std::byte* data() const { return view_.data(); }
  std::size_t size() const { return view_.size(); }
  auto begin() const { return view_.begin(); }
  auto end() const { return view_.end(); }
  operator std::span<const std::byte>() const { return view_; }  // NOLINT: is one
  std::vector<std::byte> copy() const { return {view_.begin(), view_.end()}; }

  // `size` of them from `begin` on.
  SharedBytes part(std::size_t begin, std::size_t size) const {
    return {view_.subspan(begin, size), owner_};
  }

  bool operator==(const SharedBytes& other) const { return std::ranges::equal(view_, other.view_); }

 private:
  std::span<const std::byte> view_;
  std::shared_ptr<const void> owner_;
};

}  // namespace byteformer
