// Compiled as avx512_bf16.cc is, with -mamx-tile -mamx-bf16 -mamx-int8: BF16 and int8 products in
// tile registers, float32 in the tiles of avx512.
#include "kernels/kernels.h"
#include "kernels/tile_permission.h"

#define BF_SET amx
#define BF_NAME "amx"
#define BF_VECTOR 64
#define BF_COLUMNS 2
#define BF_ROWS 12
#define BF_REDUCED
#define BF_AMX
#define BF_SUPPORTED                                                             \
  (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&    \
   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16") && \
   __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("amx-tile") && \
   __builtin_cpu_supports("amx-bf16") && __builtin_cpu_supports("amx-int8") && may_use_tiles())
#include "kernels/body.h"
