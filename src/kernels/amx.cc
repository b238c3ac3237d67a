// Compiled as avx512_bf16.cc is, with -mamx-tile -mamx-bf16 -mamx-int8: BF16 and int8 products in
// tile registers, float32 in the tiles of avx512.
#include "kernels/gradients.h"
#include "kernels/tile_permission.h"

#define BF_SET amx
#define BF_NAME "amx"
#define BF_VECTOR 64
#define BF_COLUMNS 2
#define BF_ROWS 12
#define BF_REDUCED
#define BF_AMX
#define BF_SUPPORTED (avx512_bf16::kSet.is_supported() && may_use_tiles())

namespace byteformer::kernels::avx512_bf16 {
extern const Set kSet;
}

#include "kernels/body.h"
