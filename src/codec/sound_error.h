// What is wrong with a sound file, in the words that all its readers share.
#pragma once

#include <cstdint>
#include <string>

#include "byteformer/error.h"

namespace byteformer {

// Throws InputError of kind damaged; `found` is a predicate of the file, such as "ends early".
[[noreturn]] inline void refuse_damaged_sound(const std::string& name, const std::string& found) {
  throw InputError(InputErrorKind::kDamaged,
                   name + ": " + found + ". Get the file again, or convert it to 16-bit WAV.");
}

// Throws InputError of kind too_large.
[[noreturn]] inline void refuse_large_sound(const std::string& name, const std::string& found,
                                            std::uint64_t max_samples) {
  throw InputError(InputErrorKind::kTooLarge, name + ": " + found + ", but at most " +
                                                  std::to_string(max_samples) +
                                                  " samples are read. Cut the sound into parts.");
}

}  // namespace byteformer
