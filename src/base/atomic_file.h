// Files and directories that appear whole or not at all.
//
// Written under a temporary name in the same folder, flushed to the disk, then renamed. A reader, a
// crash or a full disk never leaves a torn file under the final name; what was there before stays
// until the rename.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace byteformer {

// Replaces `path` by `contents`. Throws IoError with the path and the system's reason; nothing is
// left behind then.
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> contents);

// Calls fill(temporary directory), flushes every file in it, then renames it to `path`. An existing
// directory at `path` is replaced (by an exchange, so that there is one at every moment). Throws
// IoError, or what fill throws; the temporary directory is removed then.
void write_directory_atomically(const std::filesystem::path& path,
                                const std::function<void(const std::filesystem::path&)>& fill);

// Removes the temporary files and directories that writers left in `folder` when they were killed.
// Nobody may write there meanwhile.
void remove_left_parts(const std::filesystem::path& folder);

}  // namespace byteformer
