#include "cli/say.h"

#include <cstdio>

namespace byteformer {

void say_line(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

void say(const std::string& text) { say_line("byteformer: " + text); }

}  // namespace byteformer
