#include "report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace byteformer {
namespace {

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (drawn_ && terminal_) std::fputs("\n", stderr);
}

void Progress::show(std::size_t done, const std::string& text) {
  if (first_ == 0) first_ = done;  // a resumed epoch does not begin at 0
  const bool is_last = total_ > 0 && done >= total_;
  const double interval = terminal_ ? 0.1 : 30;
  if (drawn_ && !is_last && seconds_since(last_) < interval) return;
  if (!terminal_ && !drawn_ && !is_last && seconds_since(start_) < interval) return;
  last_ = std::chrono::steady_clock::now();
  std::string line = fmt::format("{} {}/{}", what_, done, total_);
  if (total_ > 0)
    line +=
        fmt::format(" {:3.0f} %", 100.0 * static_cast<double>(done) / static_cast<double>(total_));
  if (done > first_ && done < total_) {
    const double each = seconds_since(start_) / static_cast<double>(done - first_ + 1);
    line += ", " + duration_text(each * static_cast<double>(total_ - done)) + " left";
  }
  line += "  " + text;
  std::fputs(terminal_ ? ("\r\x1B[K" + line).c_str() : (line + "\n").c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace byteformer
