#include "kernels/tile_permission.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace byteformer::kernels {
namespace {

// By CPUID itself: clang 14 has no name of AMX for __builtin_cpu_supports().
bool processor_has_tiles() {
  constexpr unsigned kExtendedFeatures = 7, kBf16 = 1U << 22, kTile = 1U << 24, kInt8 = 1U << 25;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kAll = kBf16 | kTile | kInt8;
  return __get_cpuid_count(kExtendedFeatures, 0, &eax, &ebx, &ecx, &edx) != 0 &&
         (edx & kAll) == kAll;
}

}  // namespace

bool may_use_tiles() {
#ifdef SYS_arch_prctl
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE
  return processor_has_tiles() && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace byteformer::kernels
