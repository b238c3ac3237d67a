// For every processor of the family that the program was compiled for: 2 x 16 tiles of 16-byte
// vectors.
#include "kernels/kernels.h"

#define BF_SET baseline
#ifdef __x86_64__
#define BF_NAME "x86-64"
#else
#define BF_NAME "portable"
#endif
#define BF_VECTOR 16
#define BF_COLUMNS 4
#define BF_ROWS 2
#define BF_SUPPORTED true
#include "kernels/body.h"
