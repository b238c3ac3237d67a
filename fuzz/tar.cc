#include "files/tar.h"

#include "files/class_folder.h"
#include "fuzz/file_in_memory.h"
#include "fuzz/target.h"

void byteformer::fuzz::read_hostile(std::span<const std::uint8_t> bytes) {
  const FileInMemory archive(bytes);
  const Notice nobody = [](const std::string&) {};
  for_each_tar_member(
      archive.path(),
      [&](const TarMember& member) {
        if (member.offset > bytes.size() || member.bytes > bytes.size() - member.offset)
          __builtin_trap();  // beyond the archive
      },
      nobody);
}
