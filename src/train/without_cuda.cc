#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "byteformer/error.h"
#include "train/cuda.h"

namespace byteformer {
namespace {

[[noreturn]] void refuse() {
  throw UsageError(
      "--device is cuda, but this program was built without CUDA. Build it with "
      "scripts/setup-training --cuda and the CMake preset `cuda` (docs/training.md). Leave "
      "--device "
      "out to train on the processor.");
}

}  // namespace

std::vector<Gpu> found_gpus() { refuse(); }

void use_gpu(int) { refuse(); }

c10::intrusive_ptr<c10d::Backend> nccl(const c10::intrusive_ptr<c10d::Store>&, int, int,
                                       std::chrono::milliseconds) {
  refuse();
}

}  // namespace byteformer
