// Compiled with -mavx512f -mavx512bf16 -mavx512vnni -mfma: the tiles of avx512, and BF16 and int8
// in the same shape.
#include "kernels/gradients.h"

#define BF_SET avx512_bf16
#define BF_NAME "avx512-bf16"
#define BF_VECTOR 64
#define BF_COLUMNS 2
#define BF_ROWS 13
#define BF_REDUCED
#define BF_SUPPORTED                                                             \
  (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&    \
   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16") && \
   __builtin_cpu_supports("avx512vnni"))
#include "kernels/body.h"
