#include "runtime/c_error.h"

#include <cstring>
#include <exception>
#include <new>
#include <string_view>

#include "byteformer/error.h"

namespace byteformer {
namespace {

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Allocates nothing: this also reports that there is no memory. What a message says at its start
// (where) and at its end (what to do) matters more than what a long path has in the middle.
void write_message(std::string_view text, bf_error& error) {
  constexpr std::string_view kGap = " [...] ";
  constexpr std::size_t kRoom = sizeof error.message - 1, kHead = kRoom / 4;
  std::size_t length = 0;
  const auto append = [&](std::string_view part) {
    std::memcpy(error.message + length, part.data(), part.size());
    length += part.size();
  };
  if (text.size() <= kRoom) {
    append(text);
  } else {
    std::size_t head = kHead, tail = text.size() - (kRoom - kHead - kGap.size());
    while (head > 0 && continues_a_character(text[head])) --head;
    while (tail < text.size() && continues_a_character(text[tail])) ++tail;
    append(text.substr(0, head));
    append(kGap);
    append(text.substr(tail));
  }
  error.message[length] = '\0';
}

bf_status report(bf_error* error, bf_status status, std::string_view message) {
  if (error != nullptr) {
    error->status = status;
    write_message(message, *error);
  }
  return status;
}

bf_status status_of(InputErrorKind kind) {
  switch (kind) {
    case InputErrorKind::kEmpty:
      return BF_INPUT_EMPTY;
    case InputErrorKind::kTooLong:
      return BF_INPUT_TOO_LONG;
    case InputErrorKind::kUnreadable:
      return BF_INPUT_UNREADABLE;
    case InputErrorKind::kVanished:
      return BF_INPUT_VANISHED;
    case InputErrorKind::kSpecial:
      return BF_INPUT_SPECIAL;
    case InputErrorKind::kLoop:
      return BF_INPUT_LOOP;
    case InputErrorKind::kTooLarge:
      return BF_INPUT_TOO_LARGE;
    case InputErrorKind::kDamaged:
      return BF_INPUT_DAMAGED;
  }
  return BF_INTERNAL;
}

}  // namespace

bf_status report_success(bf_error* error) noexcept { return report(error, BF_OK, ""); }

bf_status report_exception(bf_error* error) noexcept {
  try {
    throw;
  } catch (const InputError& e) {
    return report(error, status_of(e.kind()), e.what());
  } catch (const UsageError& e) {
    return report(error, BF_USAGE, e.what());
  } catch (const ConfigError& e) {
    return report(error, BF_CONFIG, e.what());
  } catch (const FormatError& e) {
    return report(error, BF_FORMAT, e.what());
  } catch (const ModelError& e) {
    return report(error, BF_MODEL, e.what());
  } catch (const IoError& e) {
    return report(error, BF_IO, e.what());
  } catch (const std::bad_alloc&) {
    return report(error, BF_NO_MEMORY,
                  "there was not enough memory. Free some, or do less at once.");
  } catch (const std::exception& e) {
    return report(error, BF_INTERNAL, e.what());
  } catch (...) {
    return report(error, BF_INTERNAL, "an exception of an unknown type.");
  }
}

}  // namespace byteformer

const char* bf_status_name(bf_status status) {
  switch (status) {
    case BF_OK:
      return "ok";
    case BF_USAGE:
      return "usage";
    case BF_CONFIG:
      return "config";
    case BF_FORMAT:
      return "format";
    case BF_MODEL:
      return "model";
    case BF_IO:
      return "io";
    case BF_NO_MEMORY:
      return "no_memory";
    case BF_INTERNAL:
      return "internal";
    case BF_INPUT_EMPTY:
      return name_of(byteformer::InputErrorKind::kEmpty);
    case BF_INPUT_TOO_LONG:
      return name_of(byteformer::InputErrorKind::kTooLong);
    case BF_INPUT_UNREADABLE:
      return name_of(byteformer::InputErrorKind::kUnreadable);
    case BF_INPUT_VANISHED:
      return name_of(byteformer::InputErrorKind::kVanished);
    case BF_INPUT_SPECIAL:
      return name_of(byteformer::InputErrorKind::kSpecial);
    case BF_INPUT_LOOP:
      return name_of(byteformer::InputErrorKind::kLoop);
    case BF_INPUT_TOO_LARGE:
      return name_of(byteformer::InputErrorKind::kTooLarge);
    case BF_INPUT_DAMAGED:
      return name_of(byteformer::InputErrorKind::kDamaged);
  }
  return "unknown";
}
