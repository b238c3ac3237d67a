#include "train/autocast.h"

#include <ATen/autocast_mode.h>

#include "train/device.h"

namespace byteformer {

Autocast::Autocast(bool on, c10::Device device)
    : device_(device.type()),
      before_(at::autocast::is_autocast_enabled(device_)),
      type_before_(at::autocast::get_autocast_dtype(device_)) {
  at::autocast::set_autocast_enabled(device_, on);
  at::autocast::set_autocast_dtype(device_, mixed_type(device));
}

Autocast::~Autocast() {
  at::autocast::set_autocast_enabled(device_, before_);
  at::autocast::set_autocast_dtype(device_, type_before_);
  at::autocast::clear_cache();
}

}  // namespace byteformer
