// Compiled with -mavx512f -mfma: 12 x 32 tiles, 24 accumulators of the 32 registers.
#include "kernels/gradients.h"

#define BF_SET avx512
#define BF_NAME "avx512"
#define BF_VECTOR 64
#define BF_COLUMNS 2
#define BF_ROWS 12
#define BF_SUPPORTED (__builtin_cpu_supports("avx512f") != 0)
#include "kernels/body.h"
