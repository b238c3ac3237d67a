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

inline constexpr std::size_t kHeadSize = 64;       // channels of a head
inline constexpr std::size_t kTableSlice = 64;     // channels of a slice of the stem's table
inline constexpr std::size_t kTableEntries = 257;  // its rows a position: bytes and padding

enum class Epilogue { kStore, kAdd, kGelu };  // what a product does with its sums

struct Set {
  const char* name;        // "avx512", "avx2", "x86-64" (or "portable" elsewhere), "plain"
  bool (*is_supported)();  // by processor and operating system

  // Floats that packed_size(n, k) needs. B is n rows of k; element (i, p) lies at b[i * row_stride
  // + p * column_stride].
  std::size_t (*packed_size)(std::size_t n, std::size_t k);
  void (*pack)(const float* b, std::size_t row_stride, std::size_t column_stride, std::size_t n,
               std::size_t k, float* packed);

  // C [m, n] (rows ldc apart) = x, or C + x, or GELU(x), of x = A [m, k] (rows lda apart) * B^T +
  // bias [n]. bias may be null.
  void (*product)(const float* a, std::size_t lda, const float* packed, const float* bias, float* c,
                  std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
                  Epilogue epilogue) noexcept;

  // One head over one window: out [queries, 64] (rows ldo apart) = sum over the m keys of
  // 2^(q . key - c) * value, over the sum of these powers. q [queries, 64], k and v [m, 64], rows
  // ld apart; whoever wants exp instead of 2^ has log2(e) in q. `scratch` holds
  // attention_scratch(m) floats.
  std::size_t (*attention_scratch)(std::size_t m);
  void (*attention)(const float* q, const float* k, const float* v, std::size_t ld,
                    std::size_t queries, std::size_t m, float* out, std::size_t ldo,
                    float* scratch) noexcept;

  // y [m, d] = (x - mean) / sqrt(variance + eps) * weight + bias, row by row; y may be x. d is a
  // multiple of 16.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, float* y,
                     std::size_t m, std::size_t d) noexcept;

  // Each row of x [m, n] (rows ld apart) in place: exp(x - max) / sum. -inf becomes 0; a row of
  // -inf alone becomes zeros, not NaN. ld is at least n rounded up to a multiple of 16; what lies
  // between is overwritten.
  void (*softmax)(float* x, std::size_t ld, std::size_t m, std::size_t n) noexcept;

  // x * Phi(x), the exact (erf) form, in place; within 1e-6 absolute.
  void (*gelu)(float* x, std::size_t count) noexcept;

  // The stem as a table, 64 of its channels: y [tokens, 64] (rows ldy apart), token t the sum over
  // p in order of table [k, 257, 64] at (p, ids[t * stride + p]).
  void (*sum_rows)(const float* table, const unsigned short* ids, std::size_t tokens,
                   std::size_t stride, std::size_t k, float* y, std::size_t ldy) noexcept;

  // For benchmarks: multiply-adds in registers, at least 12 sums that do not wait for each other,
  // so many rounds. Returns how many there were; the time they took gives the peak.
  unsigned long (*multiply_adds)(std::size_t rounds) noexcept;
};

// All sets that this build has, best first; "plain", the definition, comes last.
const std::vector<const Set*>& all_sets();

// The best one that the machine supports, or the one that the environment variable
// BYTEFORMER_KERNELS names. Throws UsageError for a name that is not known or not supported,
// listing those that are.
const Set& chosen_set();

}  // namespace byteformer::kernels
