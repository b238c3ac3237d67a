// What goes wrong, as types: every exception that leaves this library derives from
// byteformer::Error.
//
// The text of an error has three parts: what was found (with the value and where), what is allowed
// (with the limit), and what to do. The library never prints, never exits and never aborts on
// input.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "byteformer/export.h"

namespace byteformer {

class BYTEFORMER_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The caller asked for something that cannot be: a wrong argument, an unknown option, an unusable
// path.
class BYTEFORMER_API UsageError : public Error {
 public:
  using Error::Error;
};

// A recipe or a configuration has a value that is not allowed.
class BYTEFORMER_API ConfigError : public Error {
 public:
  using Error::Error;
};

// A file does not follow its format. `offset` is the byte where that was seen.
class BYTEFORMER_API FormatError : public Error {
 public:
  explicit FormatError(const std::string& message, std::uint64_t offset = 0)
      : Error(message), offset_(offset) {}
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::uint64_t offset_;
};

// A model's parts do not fit together: a tensor is missing, left over, or of another shape.
class BYTEFORMER_API ModelError : public Error {
 public:
  using Error::Error;
};

// The operating system refused: open, read, write, rename, no space.
class BYTEFORMER_API IoError : public Error {
 public:
  using Error::Error;
};

// One input could not be classified. The rest of the work goes on; the kind is what a record shows.
enum class InputErrorKind {
  kEmpty,       // no byte to classify
  kTooLong,     // more tokens than the model has positions
  kUnreadable,  // no permission, or a read failed
  kVanished,    // was there when it was listed and is gone
  kSpecial,     // a device, a socket, or a FIFO met in a folder
  kLoop,        // symbolic links that never end
  kTooLarge,    // more bytes than the caller allows
  kDamaged,     // a container or an encoding that cannot be read
};

// The name that records use: "empty", "too_long", "unreadable", ...
constexpr const char* name_of(InputErrorKind kind) {
  switch (kind) {
    case InputErrorKind::kEmpty:
      return "empty";
    case InputErrorKind::kTooLong:
      return "too_long";
    case InputErrorKind::kUnreadable:
      return "unreadable";
    case InputErrorKind::kVanished:
      return "vanished";
    case InputErrorKind::kSpecial:
      return "special";
    case InputErrorKind::kLoop:
      return "loop";
    case InputErrorKind::kTooLarge:
      return "too_large";
    case InputErrorKind::kDamaged:
      return "damaged";
  }
  return "damaged";
}

class BYTEFORMER_API InputError : public Error {
 public:
  InputError(InputErrorKind kind, const std::string& message) : Error(message), kind_(kind) {}
  InputErrorKind kind() const noexcept { return kind_; }

 private:
  InputErrorKind kind_;
};

}  // namespace byteformer
