#include "train/autocast.h"

#include <ATen/autocast_mode.h>

namespace byteformer {

Autocast::Autocast(bool bf16)
    : before_(at::autocast::is_autocast_enabled(at::kCPU)),
      type_before_(at::autocast::get_autocast_dtype(at::kCPU)) {
  at::autocast::set_autocast_enabled(at::kCPU, bf16);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
}

Autocast::~Autocast() {
  at::autocast::set_autocast_enabled(at::kCPU, before_);
  at::autocast::set_autocast_dtype(at::kCPU, type_before_);
  at::autocast::clear_cache();
}

}  // namespace byteformer
