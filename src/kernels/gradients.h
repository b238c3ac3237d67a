// What training needs beside the forward pass's kernels: operands laid the other way round, and the
// gradients of GELU, layer norm and attention.
//
// The gradients of a linear layer y = x W^T are products too: of x they are dy W, of W they are
// dy^T x. So the kernels here turn and pack elements, and Arithmetic::product does the work. Apart
// from kernels.h, so that a program that only classifies does not link them. Everything is
// noexcept and tests nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

namespace byteformer::kernels {

// Bytes from one row to the next of what Gradients::transpose writes for m rows.
constexpr std::size_t transposed_size(std::size_t m, std::size_t element_size) {
  return (m * element_size + 63) / 64 * 64;
}

// For a precision whose operands are elements. All rows are ld elements apart; n, d and the width
// of what is packed are multiples of 64.
struct Gradients {
  // Weights for Arithmetic::product from elements: B as n rows of k, or turned, as k rows of n.
  // Where k is odd, packed as if a row of zeros followed. k of pack() is a multiple of 64.
  void (*pack)(const void* b, std::size_t ld, std::size_t n, std::size_t k, void* packed) noexcept;
  void (*pack_transposed)(const void* b, std::size_t ld, std::size_t n, std::size_t k,
                          void* packed) noexcept;

  // y: n rows of m elements, transposed_size(m) bytes apart and filled up with zeros, from x [m,
  // n].
  void (*transpose)(const void* x, std::size_t ld, std::size_t m, std::size_t n, void* y) noexcept;

  // y [m, n], its rows end to end: GELU of x.
  void (*gelu)(const void* x, std::size_t ld, std::size_t m, std::size_t n, void* y) noexcept;
  // The same, and dx = dy * GELU'(x). dy and dx [m, n], rows end to end; dx may be dy.
  void (*gelu_gradient)(const void* x, std::size_t ld, const void* dy, std::size_t m, std::size_t n,
                        void* y, void* dx) noexcept;

  // sums [n] += the rows of x [m, n].
  void (*add_rows)(const void* x, std::size_t ld, std::size_t m, std::size_t n,
                   float* sums) noexcept;

  // Of Arithmetic::attention with m queries: q, k, v [m, 64] (rows ld apart, q times log2(e) / 8)
  // and the gradient of its result dy [m, 64] (rows ldy apart) to those of q before it was scaled,
  // k and v (rows ld apart). `scratch` holds attention_scratch(m) bytes on a 64-byte boundary.
  std::size_t (*attention_scratch)(std::size_t m);
  void (*attention)(const void* q, const void* k, const void* v, std::size_t ld, const void* dy,
                    std::size_t ldy, std::size_t m, void* dq, void* dk, void* dv,
                    void* scratch) noexcept;
};

struct GradientSet {
  const Gradients *f32, *bf16;  // null: not offered by this set

  // Of Set::layer_norm: adds to dx [m, d], dweight [d] and dbias [d] what dy [m, d] makes of them.
  void (*layer_norm)(const float* x, const float* weight, float eps, const float* dy, float* dx,
                     float* dweight, float* dbias, std::size_t m, std::size_t d) noexcept;

  // A table in rows of d: y [tokens, d], token t the sum over p < k in order of row places[t * k +
  // p].
  void (*sum_rows)(const float* table, const std::int64_t* places, std::size_t tokens,
                   std::size_t k, float* y, std::size_t d) noexcept;
  // Its gradient for some of the p: adds row t of dy [tokens, d] to the rows places[t * k + p] of
  // dtable, first <= p < last, in the order of the tokens.
  void (*add_to_rows)(const float* dy, const std::int64_t* places, std::size_t tokens,
                      std::size_t k, std::size_t first, std::size_t last, float* dtable,
                      std::size_t d) noexcept;
};

const GradientSet& gradients_of(const Set& set);
// Those of a precision; null where the set does not offer them, as for int8.
const Gradients* gradients_of(const Set& set, Precision precision);

}  // namespace byteformer::kernels
