// The fast bodies, written once with the compiler's vector extensions and compiled for each set of
// instructions: the file of a set defines BF_SET (a namespace), BF_NAME, BF_VECTOR (bytes of a
// vector), BF_ROWS (of a tile) and BF_SUPPORTED, then includes this.
//
// Only raw pointers and builtins here: an inline function of another header, compiled with wider
// instructions, could be the copy that the linker keeps for everybody.

#include <utility>  // index sequences: types alone

namespace byteformer::kernels::BF_SET {
namespace {

#include "kernels/body/vector.h"
// Each uses those before it.
#include "kernels/body/functions.h"
#include "kernels/body/product.h"
#include "kernels/body/rows.h"
//
#include "kernels/body/attention.h"
#include "kernels/body/peak.h"

}  // namespace

extern const Set kSet;
const Set kSet = {BF_NAME,     [] { return BF_SUPPORTED; },
                  packed_size, pack,
                  product,     attention_scratch,
                  attention,   layer_norm,
                  softmax,     gelu,
                  sum_rows,    multiply_adds};

}  // namespace byteformer::kernels::BF_SET
