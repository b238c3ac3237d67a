#include "fuzz/target.h"

#include <cstddef>

#include "byteformer/error.h"

// What libFuzzer and replay.cc call.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    byteformer::fuzz::read_hostile({data, size});
  } catch (const byteformer::Error&) {
  }
  return 0;
}
