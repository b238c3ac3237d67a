#pragma once

namespace byteformer::kernels {

// True if the processor has the tile registers of AMX with products of BF16 and of int8, and Linux
// lets us use them: it is asked for them for all threads of the process, those that run already
// included. It refuses where it is older than 5.16, or where another thread's alternate signal
// stack may be too small for them.
bool may_use_tiles();

}  // namespace byteformer::kernels
