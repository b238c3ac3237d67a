#include "kernels/tile_permission.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace byteformer::kernels {

bool may_use_tiles() {
#ifdef SYS_arch_prctl
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace byteformer::kernels
