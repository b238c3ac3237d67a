// Walking folders in name order (bytes), without following links to folders.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "files/input.h"

namespace byteformer {

struct Found {
  Path path;
  Origin origin;
};

// What was left out and why: "is a FIFO; skipped", "hidden; skipped". The command prints it to
// stderr.
using Notice = std::function<void(const std::string& message)>;

// Calls visit for each input of `paths` in order: a folder is walked, anything else is passed on as
// given. Returns early when visit returns false. A path that is not there, or a folder that cannot
// be listed, is passed on too (reading it then fails with its own record).
void for_each_input(const std::vector<Path>& paths, const std::function<bool(const Found&)>& visit,
                    const Notice& notice);

// Names of the folders directly in a folder, sorted by bytes; links to folders are not among them.
std::vector<std::string> folders_in(const Path& folder);

// A file of one path a line, or separated by NUL bytes. "-" is standard input.
std::vector<Path> read_file_list(const Path& list, char separator);

}  // namespace byteformer
