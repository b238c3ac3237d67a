// Zip archives whose entries are stored, not compressed, as torch.save writes them.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
//
// Nothing is ever unpacked, so that no archive can be larger than it looks.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace byteformer {

// The entries' bytes, views into `file`, by name. Throws FormatError with `name`: no zip archive,
// cut short, compressed, encrypted, a wrong checksum, a name twice, entries that together exceed
// the file, more than 4 GiB (ZIP64).
std::map<std::string, std::span<const std::byte>> read_stored_zip(std::span<const std::byte> file,
                                                                  const std::string& name);

// In the given order, each entry's bytes aligned to 64; the same input gives the same bytes. Throws
// ModelError above 4 GiB or 65535 entries.
std::string write_stored_zip(const std::vector<std::pair<std::string, std::string_view>>& entries);

}  // namespace byteformer
