// What a command says beside its results.
#pragma once

#include <string>

namespace byteformer {

// A line on stderr. Where it cannot be written (the disk of a log is full, a terminal is gone), it
// is lost and the work goes on.
void say_line(const std::string& line);

// The same behind the program's name.
void say(const std::string& text);

}  // namespace byteformer
