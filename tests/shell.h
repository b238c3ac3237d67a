// Command lines as a user types them.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/temporary_folder.h"

namespace byteformer {

struct ShellOutcome {
  int status = -1;  // -1 where a signal ended it
  std::string out, err;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Runs bash lines in the folder, where they also leave a file each for the script and what it
// wrote. They are ended after so many seconds.
inline ShellOutcome run_bash(const TemporaryFolder& folder, const std::string& lines,
                             int seconds = 60) {
  const std::string path = folder.path().string(), out = path + "/stdout", err = path + "/stderr";
  const std::string script = folder.write("script", "cd '" + path + "'\n" + lines + "\n");
  const int status = std::system(("timeout " + std::to_string(seconds) + " bash '" + script +
                                  "' >'" + out + "' 2>'" + err + "' </dev/null")
                                     .c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

}  // namespace byteformer
