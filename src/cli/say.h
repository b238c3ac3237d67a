// What a command says beside its results.
#pragma once

#include <string>

namespace byteformer {

// A line on stderr, behind the program's name.
void say(const std::string& text);

}  // namespace byteformer
