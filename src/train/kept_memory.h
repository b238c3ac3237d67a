// What a step of training frees, the next one takes: memory that goes back to the system in between
// comes back page by page, cleared, which takes a tenth of a step.
#pragma once

namespace byteformer {

// For the whole process and its life: freed memory stays with it.
void keep_freed_memory();

}  // namespace byteformer
