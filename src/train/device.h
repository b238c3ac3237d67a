// Where a model trains: on the processor, or on a GPU with LibTorch's operations.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace byteformer {

// "cpu" or "cuda". Of several GPUs a process has the one of its number on this machine; where it is
// shown one alone, as some launchers do, that one. Throws UsageError where there is none.
at::Device device_named(const std::string& name, std::size_t local_rank);

// Throws UsageError where so many processes of this machine cannot each have that device.
void check_device_for(const std::string& name, std::size_t processes);
void check_gpus_for(std::size_t processes, std::size_t gpus);

std::string name_of(at::Device device);  // "the processor", or a GPU's name

// What autocast computes in: BF16, or float16 on a GPU that is too old for it. Its gradients then
// need a GradientScaler.
at::ScalarType mixed_type(at::Device device);

// A copy of a tensor of the processor's memory. One for a GPU goes through pinned memory, and
// nobody waits for it: operations that come later find it there.
at::Tensor copied_to(at::Device device, const at::Tensor& host);

}  // namespace byteformer
