// Compiled with -march=armv8.2-a+bf16+i8mm: the tiles of neon, and BF16 and int8 in the same shape.
#include <sys/auxv.h>

#include "kernels/gradients.h"

#define BF_SET neon_bf16
#define BF_NAME "neon-bf16"
#define BF_VECTOR 16
#define BF_COLUMNS 4
#define BF_ROWS 4
#define BF_REDUCED
#define BF_SUPPORTED ((getauxval(AT_HWCAP2) & kBf16AndI8mm) == kBf16AndI8mm)

namespace byteformer::kernels::neon_bf16 {
// HWCAP2_I8MM and HWCAP2_BF16, which <sys/auxv.h> names where the headers of Linux are new enough.
constexpr unsigned long kBf16AndI8mm = (1UL << 13) | (1UL << 14);
}  // namespace byteformer::kernels::neon_bf16

#include "kernels/body.h"
