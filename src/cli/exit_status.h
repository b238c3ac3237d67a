// Exit statuses, the same for every command and program, and what main() does with an exception.
#pragma once

#include <functional>

namespace byteformer {

inline constexpr int kExitDone = 0;
inline constexpr int kExitSomeInputsFailed = 1;  // each has its own record; also: the work failed
inline constexpr int kExitWrongUsage = 2;        // or nothing could start
inline constexpr int kExitStopped = 75;          // a training stopped by a signal, to be resumed

// Runs a program's body, with something in the place of standard streams that are closed and
// without SIGPIPE; an Error becomes one line on stderr: status 2 for wrong usage and recipes,
// else 1.
int run_program(const std::function<int()>& body);

}  // namespace byteformer
