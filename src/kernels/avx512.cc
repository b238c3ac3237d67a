// Compiled with -mavx512f -mfma: 8 x 32 tiles, 16 accumulators of the 32 registers.
#include "kernels/kernels.h"

#define BF_SET avx512
#define BF_NAME "avx512"
#define BF_VECTOR 64
#define BF_ROWS 8
#define BF_SUPPORTED (__builtin_cpu_supports("avx512f") != 0)
#include "kernels/body.h"
