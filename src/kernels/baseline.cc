// For every processor of the family that the program was compiled for, in 16-byte vectors: SSE2 has
// 16 registers (2 x 16 tiles), NEON 32 (4 x 16).
#include "kernels/gradients.h"

#define BF_SET baseline
#define BF_VECTOR 16
#define BF_COLUMNS 4
#if defined(__x86_64__)
#define BF_NAME "x86-64"
#define BF_ROWS 2
#elif defined(__aarch64__)
#define BF_NAME "neon"
#define BF_ROWS 4
#else
#define BF_NAME "portable"
#define BF_ROWS 2
#endif
#define BF_SUPPORTED true
#include "kernels/body.h"
