// The compute kernels: one product and the row functions of a transformer, in float32, for each
// level of processors.
//
// A set is a table of functions with one name. All sets compute the same; sums differ in their last
// bits between sets, never between calls: each element accumulates over k in order, whatever the
// number of rows, and each row function has one order. Requirements are the caller's to check: the
// functions are noexcept and test nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace byteformer::kernels {

struct Set {
  const char* name;        // "avx512", "avx2", "x86-64" (or "portable" elsewhere), "plain"
  bool (*is_supported)();  // by processor and operating system

  // Floats that packed_size(n, k) needs. B is n rows of k; element (i, p) lies at b[i * row_stride
  // + p * column_stride].
  std::size_t (*packed_size)(std::size_t n, std::size_t k);
  void (*pack)(const float* b, std::size_t row_stride, std::size_t column_stride, std::size_t n,
               std::size_t k, float* packed);

  // C [m, n] (rows ldc apart) = A [m, k] (rows lda apart) * B^T + bias [n], or C += that. bias may
  // be null.
  void (*product)(const float* a, std::size_t lda, const float* packed, const float* bias, float* c,
                  std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
                  bool accumulate) noexcept;

  // y [m, d] = (x - mean) / sqrt(variance + eps) * weight + bias, row by row; y may be x.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, float* y,
                     std::size_t m, std::size_t d) noexcept;

  // Each row of x [m, n] (rows ld apart) in place: exp(x - max) / sum. -inf becomes 0; a row of
  // -inf alone becomes zeros, not NaN.
  void (*softmax)(float* x, std::size_t ld, std::size_t m, std::size_t n) noexcept;

  // x * Phi(x), the exact (erf) form, in place; within 1e-6 absolute.
  void (*gelu)(float* x, std::size_t count) noexcept;

  // y [d] += x [d]
  void (*add)(const float* x, float* y, std::size_t d) noexcept;
};

// All sets that this build has, best first; "plain", the definition, comes last.
const std::vector<const Set*>& all_sets();

// The best one that the machine supports, or the one that the environment variable
// BYTEFORMER_KERNELS names. Throws UsageError for a name that is not known or not supported,
// listing those that are.
const Set& chosen_set();

}  // namespace byteformer::kernels
