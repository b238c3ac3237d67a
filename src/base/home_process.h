// Whether this is the process that made an object. fork() copies the object, but of the threads
// that use it only the one that called fork(): locks that others held stay locked.
#pragma once

#include <unistd.h>

namespace byteformer {

class HomeProcess {
 public:
  bool is_this() const { return id_ == ::getpid(); }

 private:
  pid_t id_ = ::getpid();
};

}  // namespace byteformer
