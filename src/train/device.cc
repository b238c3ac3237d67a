#include "train/device.h"

#include <fmt/format.h>

#include "byteformer/error.h"
#include "train/cuda.h"

namespace byteformer {

namespace {

std::size_t counted_gpus() {
  const std::size_t count = found_gpus().size();
  if (count == 0)
    throw UsageError(
        "--device is cuda, but LibTorch finds no GPU here. `nvidia-smi` shows whether there is one "
        "and its driver works; CUDA_VISIBLE_DEVICES may hide it. Leave --device out to train on "
        "the processor.");
  return count;
}

}  // namespace

at::Device device_named(const std::string& name, std::size_t local_rank) {
  if (name == "cpu") return at::kCPU;
  if (name != "cuda")
    throw UsageError(fmt::format("--device is \"{}\", but must be cpu or cuda.", name));
  const std::size_t count = counted_gpus();
  const std::size_t index = count == 1 ? 0 : local_rank;
  if (index >= count)
    throw UsageError(fmt::format(
        "LOCAL_RANK is {}, but LibTorch finds {} GPUs here, and each process needs one of its own. "
        "Start at most {} processes on this machine.",
        local_rank, count, count));
  use_gpu(static_cast<int>(index));
  return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

void check_device_for(const std::string& name, std::size_t processes) {
  if (name == "cuda") check_gpus_for(processes, counted_gpus());
}

void check_gpus_for(std::size_t processes, std::size_t gpus) {
  if (processes > gpus)
    throw UsageError(
        fmt::format("--processes is {}, but the GPUs that LibTorch finds here are {}, and each "
                    "process needs one of its own. Start no more than there are.",
                    processes, gpus));
}

std::string name_of(at::Device device) {
  return device.is_cpu() ? "the processor"
                         : found_gpus().at(static_cast<std::size_t>(device.index())).name;
}

at::ScalarType mixed_type(at::Device device) {
  return device.is_cpu() || found_gpus().at(static_cast<std::size_t>(device.index())).has_bf16
             ? at::kBFloat16
             : at::kHalf;
}

at::Tensor copied_to(at::Device device, const at::Tensor& host) {
  if (device.is_cpu()) return host.clone();
  return host.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace byteformer
