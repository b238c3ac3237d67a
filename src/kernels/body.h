// The fast bodies, written once with the compiler's vector extensions and compiled for each set of
// instructions: the file of a set defines BF_SET (a namespace), BF_NAME, BF_VECTOR (bytes of a
// vector), BF_COLUMNS and BF_ROWS (of a tile, in vectors and rows), BF_SUPPORTED, BF_REDUCED where
// it has BF16 and int8 products, and BF_AMX where tile registers make them; then it includes this.
//
// Only raw pointers and builtins here: an inline function of another header, compiled with wider
// instructions, could be the copy that the linker keeps for everybody.

#include <type_traits>  // types alone
#include <utility>      // index sequences: types alone
#if BF_VECTOR > 16
#include <immintrin.h>  // inlined always
#elif defined(BF_REDUCED)
#include <arm_neon.h>  // inlined always
#endif

namespace byteformer::kernels::BF_SET {
namespace {

#include "kernels/body/vector.h"
// Each uses those before it.
#ifdef BF_REDUCED
#include "kernels/body/reduced.h"
#endif
#include "kernels/body/functions.h"
#include "kernels/body/operand.h"
#ifdef BF_REDUCED
#include "kernels/body/bfloat16.h"
#endif
#include "kernels/body/tile.h"
#ifdef BF_REDUCED
#include "kernels/body/int8.h"
#endif
#ifdef BF_AMX
#include "kernels/body/tile_registers.h"
#endif
#include "kernels/body/product.h"
#include "kernels/body/rows.h"
//
#include "kernels/body/packing.h"
//
#include "kernels/body/attention.h"
//
#include "kernels/body/gradients.h"
//
#include "kernels/body/peak.h"

template <class T>
unsigned long operand_size(unsigned long k) {
  return words_of<T>(k) * kWord;
}

constexpr Arithmetic kFloat32 = {
    sizeof(Float32::Element), operand_size<Float32>, nullptr,          nullptr,
    packed_size<Float32>,     pack<Float32>,         product<Float32>, attention_scratch<Float32>,
    attention<Float32>,       multiply_adds<Float32>};
#ifdef BF_REDUCED
#ifdef BF_AMX
using OfBf16 = TileBfloat16;
using OfInt8 = TileInt8;
#else
using OfBf16 = Bfloat16;
using OfInt8 = Int8;
#endif
constexpr Arithmetic kBfloat16 = {
    sizeof(OfBf16::Element), operand_size<OfBf16>, round_to_bfloat16, nullptr,
    packed_size<OfBf16>,     pack<OfBf16>,         product<OfBf16>,   attention_scratch<OfBf16>,
    attention<OfBf16>,       multiply_adds<OfBf16>};
constexpr Arithmetic kInt8 = {sizeof(OfInt8::Element), int8_operand_size,         quantize_floats,
                              quantize_elements,       packed_size<OfInt8>,       pack_int8<OfInt8>,
                              product<OfInt8>,         attention_scratch<OfBf16>, attention<OfBf16>,
                              multiply_adds<OfInt8>};
constexpr const Arithmetic *kOfBf16 = &kBfloat16, *kOfInt8 = &kInt8;
constexpr Gradients kBfloat16Gradients = gradients<OfBf16>();
constexpr const Gradients* kGradientsOfBf16 = &kBfloat16Gradients;
#else
constexpr const Arithmetic *kOfBf16 = nullptr, *kOfInt8 = nullptr;
constexpr const Gradients* kGradientsOfBf16 = nullptr;
#endif
constexpr Gradients kFloat32Gradients = gradients<Float32>();

}  // namespace

extern const Set kSet;
const Set kSet = {
    BF_NAME, [] { return BF_SUPPORTED; }, &kFloat32, kOfBf16, kOfInt8, layer_norm, softmax, gelu,
    sum_rows};

extern const GradientSet kGradientSet;
const GradientSet kGradientSet = {&kFloat32Gradients, kGradientsOfBf16, layer_norm_gradient,
                                  sum_table_rows, add_to_table_rows};

}  // namespace byteformer::kernels::BF_SET
