// How the C API says what went wrong: exceptions become a status and a message.
#pragma once

#include "byteformer/byteformer.h"

namespace byteformer {

// Of the exception that is being handled; writes both to `error` unless it is null. Allocates
// nothing.
bf_status report_exception(bf_error* error) noexcept;

// BF_OK and an empty message.
bf_status report_success(bf_error* error) noexcept;

// Runs a call's body; what it throws becomes the call's status and message.
template <typename Body>
bf_status guarded(bf_error* error, const Body& body) noexcept {
  try {
    body();
    return report_success(error);
  } catch (...) {
    return report_exception(error);
  }
}

}  // namespace byteformer
