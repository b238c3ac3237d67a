#include "train/kept_memory.h"

#include <malloc.h>

#include <limits>

namespace byteformer {

void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_MAX, 0);  // large blocks from the heap, which can keep them
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace byteformer
