#include <cstdlib>

#include "byteformer/error.h"
#include "kernels/kernels.h"

namespace byteformer::kernels {

namespace plain {
extern const Set kSet;
}
namespace baseline {
extern const Set kSet;
}
namespace avx2 {
extern const Set kSet;
}
namespace avx512 {
extern const Set kSet;
}
namespace avx512_bf16 {
extern const Set kSet;
}
namespace amx {
extern const Set kSet;
}
namespace neon_bf16 {
extern const Set kSet;
}

const std::vector<const Set*>& all_sets() {
  static const std::vector<const Set*> sets = {
#if defined(__x86_64__)
    &amx::kSet,
    &avx512_bf16::kSet,
    &avx512::kSet,
    &avx2::kSet,
#elif defined(__aarch64__)
    &neon_bf16::kSet,
#endif
    &baseline::kSet,
    &plain::kSet
  };
  return sets;
}

std::vector<const Set*> usable_sets() {
  const char* variable = std::getenv("BYTEFORMER_KERNELS");
  const std::string forced = variable == nullptr ? "" : variable;
  std::vector<const Set*> usable;
  std::string names;
  for (const Set* set : all_sets()) {
    if (!set->is_supported()) continue;
    if (forced == set->name) return {set};
    usable.push_back(set);
    names += (names.empty() ? "" : ", ") + std::string(set->name);
  }
  if (!forced.empty())
    throw UsageError("BYTEFORMER_KERNELS is \"" + forced + "\", but this machine and build offer " +
                     names + ". Set it to one of these, or unset it.");
  return usable;
}

const Set& chosen_set() { return *usable_sets().front(); }

const Arithmetic* offered(const Set& set, Precision precision) {
  return precision == Precision::kF32    ? set.f32
         : precision == Precision::kBf16 ? set.bf16
                                         : set.int8;
}

const char* name_of(Precision precision) {
  return precision == Precision::kF32 ? "f32" : precision == Precision::kBf16 ? "bf16" : "int8";
}

std::optional<Precision> precision_named(std::string_view name) {
  for (const Precision p : {Precision::kF32, Precision::kBf16, Precision::kInt8})
    if (name == name_of(p)) return p;
  return std::nullopt;
}

const Arithmetic& arithmetic_of(const Set& set, Precision precision) {
  if (const Arithmetic* arithmetic = offered(set, precision)) return *arithmetic;
  std::string pairs;
  for (const Set* other : all_sets())
    for (const Precision p : {Precision::kF32, Precision::kBf16, Precision::kInt8})
      if (other->is_supported() && offered(*other, p) != nullptr)
        pairs += (pairs.empty() ? "" : ", ") + std::string(other->name) + " " + name_of(p);
  throw UsageError("the kernels \"" + std::string(set.name) + "\" do not offer precision \"" +
                   name_of(precision) + "\". This machine and build offer: " + pairs +
                   ". Choose another precision, or set BYTEFORMER_KERNELS to a set that has it.");
}

}  // namespace byteformer::kernels
