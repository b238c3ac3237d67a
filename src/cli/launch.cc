#include "cli/launch.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "byteformer/error.h"
#include "cli/exit_status.h"

namespace byteformer {
namespace {

// One that nobody listens at; free again when this returns.
std::uint16_t free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool found = s >= 0 && ::bind(s, any, size) == 0 && ::getsockname(s, any, &size) == 0;
  if (s >= 0) ::close(s);
  if (!found) throw IoError(fmt::format("no free port on this machine: {}", std::strerror(errno)));
  return ntohs(address.sin_port);
}

// In a process group of its own, so that Ctrl-C reaches it once, by way of the launcher.
pid_t start_one(std::size_t rank, std::size_t count, std::uint16_t port, char** argv) {
  const pid_t launcher = ::getpid(), process = ::fork();
  if (process != 0) return process;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // none stays where the launcher is killed
  if (::getppid() != launcher) ::_exit(kExitSomeInputsFailed);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const auto set = [](const char* name, const std::string& value) {
    ::setenv(name, value.c_str(), 1);
  };
  set("RANK", std::to_string(rank));
  set("LOCAL_RANK", std::to_string(rank));
  set("WORLD_SIZE", std::to_string(count));
  set("LOCAL_WORLD_SIZE", std::to_string(count));
  set("MASTER_ADDR", "127.0.0.1");
  set("MASTER_PORT", std::to_string(port));
  ::execv("/proc/self/exe", argv);
  ::_exit(kExitSomeInputsFailed);
}

class Processes {
 public:
  Processes(std::size_t count, char** argv) {
    const std::uint16_t port = free_port();
    for (std::size_t rank = 0; rank < count; ++rank)
      ids_.push_back(start_one(rank, count, port, argv));
  }

  void send(int signal) const {
    for (const pid_t id : ids_)
      if (id > 0) ::kill(id, signal);
  }

  // Takes note of those that have ended; false while others run.
  bool have_ended() {
    int status = 0;
    for (pid_t id = 0; (id = ::waitpid(-1, &status, WNOHANG)) > 0;) take(id, status);
    for (const pid_t id : ids_)
      if (id > 0) return false;
    return true;
  }

  int status() const { return status_; }

 private:
  void take(pid_t id, int status) {
    for (std::size_t rank = 0; rank < ids_.size(); ++rank)
      if (ids_[rank] == id) {
        ids_[rank] = 0;
        judge(rank, status);
      }
  }

  void judge(std::size_t rank, int status) {
    if (has_failed_) return;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : kExitSomeInputsFailed;
    if (code == kExitDone) return;
    status_ = code;
    if (code == kExitStopped) return;
    has_failed_ = true;
    fmt::print(stderr, "byteformer: process {} of {} {}; the others are ended\n", rank, ids_.size(),
               WIFSIGNALED(status) ? fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                                                 ::strsignal(WTERMSIG(status)))
                                   : fmt::format("failed with status {}", code));
    send(SIGKILL);
  }

  std::vector<pid_t> ids_;  // by rank; 0: ended
  int status_ = kExitDone;
  bool has_failed_ = false;
};

}  // namespace

int launch_processes(std::size_t count, char** argv) {
  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&awaited, signal);
  sigprocmask(SIG_BLOCK, &awaited, nullptr);  // they are taken below, one after the other
  Processes processes(count, argv);
  while (!processes.have_ended()) {
    int signal = 0;
    sigwait(&awaited, &signal);
    if (signal != SIGCHLD) processes.send(signal);
  }
  return processes.status();
}

}  // namespace byteformer
