// A fuzz target: one reader, which takes any bytes and gives its result or an Error, and nothing
// else.
//
// Each target is one file that defines read_hostile(). With BYTEFORMER_FUZZ (clang) it is linked
// with libFuzzer, which invents bytes; else with replay.cc, so that ctest reads every seed and
// every file that once was a crash.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace byteformer::fuzz {

// May throw byteformer::Error; any other exception is a fault, as is a fault of a sanitizer.
void read_hostile(std::span<const std::uint8_t> bytes);

inline std::string text_of(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace byteformer::fuzz
