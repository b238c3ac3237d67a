// Autocast on a device, in its mixed_type(), for as long as it lives; then what was before.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace byteformer {

class Autocast {
 public:
  explicit Autocast(bool on, c10::Device device = c10::kCPU);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  bool before_;
  c10::ScalarType type_before_;
};

}  // namespace byteformer
