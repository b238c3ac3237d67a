// Calls into C libraries whose error handler must not return (libjpeg, libpng): the handler jumps
// back to where the call was made.
//
// A jump runs no destructors, so what lies between handler and guarded() must have none: the
// library's frames, and a step that captures by reference and holds no object of its own.
#pragma once

#include <array>
#include <csetjmp>

namespace byteformer {

struct LibraryError {
  std::jmp_buf back;
  std::array<char, 200> text;  // libjpeg's JMSG_LENGTH_MAX; ends in 0
};

// True if step() returned, false if the library's error handler jumped; error.text then says why.
// The handler must have been given `error`, and must jump with std::longjmp(error.back, 1).
template <typename Step>
bool guarded(LibraryError& error, const Step& step) {
  if (setjmp(error.back) != 0) return false;
  step();
  return true;
}

}  // namespace byteformer
