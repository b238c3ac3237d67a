// SIGINT and SIGTERM as a wish that a training looks at between its steps.
#pragma once

#include <csignal>

namespace byteformer {

// While it lives, the first SIGINT or SIGTERM only sets requested(); a second one ends the program
// at once. One at a time in a process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool requested() const;

 private:
  struct sigaction before_int_ {
  }, before_term_{};
};

}  // namespace byteformer
