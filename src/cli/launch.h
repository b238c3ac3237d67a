// Several processes of this program on this machine that work together, for users without a
// cluster's launcher.
#pragma once

#include <cstddef>

namespace byteformer {

// Starts this program so many times with its own arguments and RANK, WORLD_SIZE, LOCAL_RANK,
// LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT set, passes SIGINT and SIGTERM on to them, and
// waits for them all. Where one fails, it is named on stderr and the others are ended. Returns the
// exit status: of the one that failed; else kExitStopped if one of them was stopped.
int launch_processes(std::size_t count, char** argv);

}  // namespace byteformer
