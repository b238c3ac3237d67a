// Compiled with -mavx512f -mavx512bf16 -mavx512vnni -mfma: avx512 with BF16 and int8. Tiles of 13
// rows cut a window of 128 into ten, which int8 gains by; float32 does as well with 12.
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
