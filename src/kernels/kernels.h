// The compute kernels: products in three precisions and the row functions of a transformer, for
// each level of processors.
//
// A set is a table of functions with one name. All sets compute the same; sums differ in their last
// bits between sets, never between calls: each element accumulates over k in order, whatever the
// number of rows, and each row function has one order. Requirements are the caller's to check: the
// functions are noexcept and test nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace byteformer::kernels {

inline constexpr std::size_t kHeadSize = 64;       // channels of a head
inline constexpr std::size_t kTableSlice = 64;     // channels of a slice of the stem's table
inline constexpr std::size_t kTableEntries = 257;  // its rows a position: bytes and padding

// What operands are rounded to before they are multiplied. Sums, norms, softmax and residuals are
// always float32.
enum class Precision { kF32, kBf16, kInt8 };

enum class Epilogue {
  kStore,     // floats
  kAdd,       // added to the floats that lie there
  kElements,  // elements
  kGelu,      // elements of GELU(x)
};

// How one precision multiplies. Between products lie *elements* (queries, keys, values, mixed
// heads, hidden channels): floats, but bfloat16 for kBf16 and kInt8. A product reads *operands*:
// rows of elements as they are, but for kInt8 rows of bytes with a scale a row. Weights of kInt8
// have a scale a channel. k is even for kBf16, or zeros stand behind the last of k in both
// operands. Packed weights and operands on 64-byte boundaries
// are faster.
struct Arithmetic {
  std::size_t element_size;                    // bytes
  std::size_t (*operand_size)(std::size_t k);  // bytes of an operand row of k

  // m rows of k floats, or of k elements, that lie one behind the other, to rows of operands. Null
  // where they are operands as they are.
  void (*from_floats)(const float* x, std::size_t m, std::size_t k, void* operands) noexcept;
  void (*from_elements)(const void* x, std::size_t m, std::size_t k, void* operands) noexcept;

  // Bytes that packed_size(n, k) needs, a multiple of 64 where n is a multiple of 64. B is n rows
  // of k; element (i, p) lies at b[i * row_stride + p * column_stride].
  std::size_t (*packed_size)(std::size_t n, std::size_t k);
  void (*pack)(const float* b, std::size_t row_stride, std::size_t column_stride, std::size_t n,
               std::size_t k, void* packed) noexcept;

  // C [m, n] (rows ldc elements apart) from x = A [m, k] (operands, rows lda bytes apart) * B^T +
  // bias [n], as the epilogue says. bias may be null.
  void (*product)(const void* a, std::size_t lda, const void* packed, const float* bias, void* c,
                  std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
                  Epilogue epilogue) noexcept;

  // One head over one window: out [queries, 64] (rows ldo apart) = sum over the m keys of
  // 2^(q . key - c) * value, over the sum of these powers. q [queries, 64], k and v [m, 64], rows
  // ld apart, all of them elements; whoever wants exp instead of 2^ has log2(e) in q. `scratch`
  // holds attention_scratch(m) bytes.
  std::size_t (*attention_scratch)(std::size_t m);
  void (*attention)(const void* q, const void* k, const void* v, std::size_t ld,
                    std::size_t queries, std::size_t m, void* out, std::size_t ldo,
                    void* scratch) noexcept;

  // For benchmarks: multiply-adds in registers, at least 12 sums that do not wait for each other,
  // so many rounds. Returns how many there were; the time they took gives the peak.
  unsigned long (*multiply_adds)(std::size_t rounds) noexcept;
};

struct Set {
  const char* name;        // "avx512-bf16", "avx512", "avx2", "x86-64" or "neon", "plain"
  bool (*is_supported)();  // by processor and operating system

  const Arithmetic *f32, *bf16, *int8;  // null: not offered by this set

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

  // A slice of the stem's table: y [tokens, 64] (rows ldy apart), token t the sum over p in order
  // of table [k, 257, 64] at (p, ids[t * stride + p]).
  void (*sum_rows)(const float* table, const unsigned short* ids, std::size_t tokens,
                   std::size_t stride, std::size_t k, float* y, std::size_t ldy) noexcept;
};

const char* name_of(Precision precision);                         // "f32", "bf16", "int8"
std::optional<Precision> precision_named(std::string_view name);  // nothing for another name

// All sets that this build has, best first; "plain", the definition, comes last.
const std::vector<const Set*>& all_sets();

// Those that the machine supports, best first; only the one that the environment variable
// BYTEFORMER_KERNELS names, where it is set. Throws UsageError for a name that is not known or not
// supported, listing those that are.
std::vector<const Set*> usable_sets();
const Set& chosen_set();  // the first of them

// How a set computes in a precision; null where it does not offer it.
const Arithmetic* offered(const Set& set, Precision precision);
// The same. Throws UsageError where it does not, listing the pairs that this machine offers.
const Arithmetic& arithmetic_of(const Set& set, Precision precision);

}  // namespace byteformer::kernels
