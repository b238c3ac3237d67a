// What only a build with CUDA can do (-DBYTEFORMER_CUDA=ON: cuda.cc). In any other build
// (without_cuda.cc) each of these throws a UsageError that says so; device.h is the way to them.
#pragma once

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <string>
#include <vector>

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace byteformer {

struct Gpu {
  std::string name;       // as its maker calls it
  bool has_bf16 = false;  // in its product units: from compute capability 8.0
};

// Those that LibTorch finds on this machine; none without a driver.
std::vector<Gpu> found_gpus();

// The GPU that this thread's work goes to.
void use_gpu(int index);

// Sums over processes between their GPUs. Each process has chosen its own before. An operation may
// take as long as `longest`; that a process is lost is found by others.
c10::intrusive_ptr<c10d::Backend> nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank,
                                       int size, std::chrono::milliseconds longest);

}  // namespace byteformer
