#include "cli/programs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "byteformer/error.h"

namespace byteformer {

std::vector<std::string> places_of(const std::string& program) {
  std::vector<std::string> places;
  std::error_code error;
  const std::filesystem::path own =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  if (!error)
    places = {(own / program).string(),
              (own.parent_path() / "libexec" / "byteformer" / program).string()};
  places.push_back(program);
  return places;
}

void refuse_missing_program(const std::string& program, int reason) {
  throw UsageError("the program " + program + " is not beside this one, nor on the PATH (" +
                   std::strerror(reason) + "). " +
                   (program == "byteformer-train"
                        ? "Run scripts/setup-training and build with -DBYTEFORMER_TRAIN=ON."
                        : "Build the whole project."));
}

int wait_for_end(int process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

void start_program(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  for (const std::string& place : places_of(program)) ::execvp(place.c_str(), argv.data());
  refuse_missing_program(program, errno);
}

}  // namespace byteformer
