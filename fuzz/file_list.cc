#include "files/walk.h"
#include "fuzz/file_in_memory.h"
#include "fuzz/target.h"

void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  const FileInMemory list(bytes);
  for (const char separator : {'\n', '\0'})
    for (const Path& path : read_file_list(list.path(), separator))
      if (path.empty()) __builtin_trap();  // names nothing
}
