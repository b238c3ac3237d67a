#include "train/cuda.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAFunctions.h>

#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace byteformer {

std::vector<Gpu> found_gpus() {
  constexpr int kFirstWithBf16 = 8;
  std::vector<Gpu> gpus;
  for (c10::DeviceIndex i = 0; i < c10::cuda::device_count(); ++i) {
    const cudaDeviceProp& facts = *at::cuda::getDeviceProperties(i);
    gpus.push_back({facts.name, facts.major >= kFirstWithBf16});
  }
  return gpus;
}

void use_gpu(int index) { c10::cuda::set_device(static_cast<c10::DeviceIndex>(index)); }

c10::intrusive_ptr<c10d::Backend> nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank,
                                       int size, std::chrono::milliseconds longest) {
  // Where a process is lost NCCL's own watchdog would abort the others; the heartbeat names it.
  ::setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", /*overwrite=*/0);
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = longest;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(
      c10::make_intrusive<c10d::PrefixStore>("nccl", store), rank, size, options);
}

}  // namespace byteformer
