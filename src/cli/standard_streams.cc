#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace byteformer {

void fill_closed_streams() {
  // open() gives the lowest number that is free. What may only be written cannot be read.
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
    if (::fcntl(stream, F_GETFD) < 0)
      (void)::open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
}

}  // namespace byteformer
