// What the last bits of a training depend on besides its recipe and data. A checkpoint names it, so
// that a run that goes on elsewhere can say that it will not repeat to the bit.
#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace byteformer {

struct Provenance {
  std::string processor;                 // its name, and the instructions that LibTorch uses on it
  std::string build;                     // the linker's identity of this program
  std::size_t threads = 0;               // of each process
  std::size_t processes = 1;             // that train together
  std::string device = "the processor";  // that each trains on, or its GPU's name
};

Provenance provenance_of_this_program(std::size_t threads, std::size_t processes,
                                      at::Device device);

// "the run began with 2 threads and goes on with 4", one for each difference.
std::vector<std::string> differences(const Provenance& began, const Provenance& now);

}  // namespace byteformer
