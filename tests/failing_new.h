// A program that links failing_new.cc has an operator new that can be told to fail.
#pragma once

namespace byteformer {

// How many allocations of this thread succeed before all fail; below 0: all succeed.
extern thread_local long allocations_left;

}  // namespace byteformer
