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

const std::vector<const Set*>& all_sets() {
  static const std::vector<const Set*> sets = {
#ifdef __x86_64__
      &avx512::kSet, &avx2::kSet,
#endif
      &baseline::kSet, &plain::kSet};
  return sets;
}

const Set& chosen_set() {
  const char* variable = std::getenv("BYTEFORMER_KERNELS");
  const std::string forced = variable == nullptr ? "" : variable;
  std::string offered;
  for (const Set* set : all_sets()) {
    if (!set->is_supported()) continue;
    if (forced.empty() || forced == set->name) return *set;
    offered += (offered.empty() ? "" : ", ") + std::string(set->name);
  }
  throw UsageError("BYTEFORMER_KERNELS is \"" + forced + "\", but this machine and build offer " +
                   offered + ". Set it to one of these, or unset it.");
}

}  // namespace byteformer::kernels
