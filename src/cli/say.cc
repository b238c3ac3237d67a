#include "cli/say.h"

#include <fmt/format.h>

#include <cstdio>

namespace byteformer {

void say(const std::string& text) { fmt::print(stderr, "byteformer: {}\n", text); }

}  // namespace byteformer
