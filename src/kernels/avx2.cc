// Compiled with -mavx2 -mfma: 6 x 16 tiles, 12 accumulators of the 16 registers.
#include "kernels/gradients.h"

#define BF_SET avx2
#define BF_NAME "avx2"
#define BF_VECTOR 32
#define BF_COLUMNS 2
#define BF_ROWS 6
#define BF_SUPPORTED (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#include "kernels/body.h"
