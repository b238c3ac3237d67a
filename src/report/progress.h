// A progress line on stderr: on a terminal it is redrawn in place, elsewhere a line now and then.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace byteformer {

class Progress {
 public:
  Progress(std::string what, std::size_t total);  // total steps; 0 if unknown
  ~Progress();                                    // ends the line
  // `done` of total; `text` is shown behind: "loss 1.23, lr 3.0e-04". Redraws at most ten times a
  // second (a terminal) or every 30 seconds (elsewhere).
  void show(std::size_t done, const std::string& text);

 private:
  std::string what_;
  std::size_t total_;
  std::size_t first_ = 0;  // of the steps shown
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_, last_;
};

std::string duration_text(double seconds);  // "4 s", "3 min 20 s", "2 h 05 min"

}  // namespace byteformer
