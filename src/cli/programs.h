// The programs that belong together: byteformer, byteformer-codec and byteformer-train.
#pragma once

#include <string>
#include <vector>

namespace byteformer {

// Where a program may be, best first: beside this one, in ../libexec/byteformer, on the PATH (the
// bare name).
std::vector<std::string> places_of(const std::string& program);

// Throws the UsageError of a program that is in none of its places. `reason` is the system's.
[[noreturn]] void refuse_missing_program(const std::string& program, int reason);

// How a process that this one started ended, once it has: what waitpid(2) says.
int wait_for_end(int process);

// Replaces this process. Throws UsageError if the program is not there.
[[noreturn]] void start_program(const std::string& program,
                                const std::vector<std::string>& arguments);

}  // namespace byteformer
