#pragma once

namespace byteformer::kernels {

// Asks Linux for the tile registers of AMX, for all threads of the process, those that run already
// included. False where the kernel is older than 5.16, or refuses: another thread's alternate
// signal stack may be too small for them.
bool may_use_tiles();

}  // namespace byteformer::kernels
