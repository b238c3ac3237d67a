// Uncompressed tar archives (ustar, pax, GNU long names): where each regular member lies.
//
// Everything in a header is hostile until checked: checksum, sizes against the archive's own
// length, names that would leave their folder. Nothing is unpacked; a member is read from its place
// in the archive.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "files/walk.h"

namespace byteformer {

struct TarMember {
  std::string name;          // without a leading "./"
  std::uint64_t offset = 0;  // of its first byte in the archive
  std::uint64_t bytes = 0;
};

// Calls visit for each regular member in the archive's order. Links, devices and the like are left
// out through notice, as are names that are absolute or hold "..". Throws IoError, or FormatError
// with the offset of a damaged header.
void for_each_tar_member(const Path& archive, const std::function<void(const TarMember&)>& visit,
                         const Notice& notice);

}  // namespace byteformer
