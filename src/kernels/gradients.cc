#include "kernels/gradients.h"

namespace byteformer::kernels {

namespace plain {
extern const Set kSet;
extern const GradientSet kGradientSet;
}  // namespace plain
namespace baseline {
extern const Set kSet;
extern const GradientSet kGradientSet;
}  // namespace baseline
namespace avx2 {
extern const Set kSet;
extern const GradientSet kGradientSet;
}  // namespace avx2
namespace avx512 {
extern const Set kSet;
extern const GradientSet kGradientSet;
}  // namespace avx512
namespace avx512_bf16 {
extern const Set kSet;
extern const GradientSet kGradientSet;
}  // namespace avx512_bf16
namespace amx {
extern const Set kSet;
extern const GradientSet kGradientSet;
}  // namespace amx
namespace neon_bf16 {
extern const Set kSet;
extern const GradientSet kGradientSet;
}  // namespace neon_bf16

const GradientSet& gradients_of(const Set& set) {
#if defined(__x86_64__)
  if (&set == &amx::kSet) return amx::kGradientSet;
  if (&set == &avx512_bf16::kSet) return avx512_bf16::kGradientSet;
  if (&set == &avx512::kSet) return avx512::kGradientSet;
  if (&set == &avx2::kSet) return avx2::kGradientSet;
#elif defined(__aarch64__)
  if (&set == &neon_bf16::kSet) return neon_bf16::kGradientSet;
#endif
  if (&set == &baseline::kSet) return baseline::kGradientSet;
  return plain::kGradientSet;
}

const Gradients* gradients_of(const Set& set, Precision precision) {
  const GradientSet& all = gradients_of(set);
  return precision == Precision::kF32    ? all.f32
         : precision == Precision::kBf16 ? all.bf16
                                         : nullptr;
}

}  // namespace byteformer::kernels
