#include "train/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/atomic_file.h"
#include "byteformer/error.h"
#include "tensor/file_bytes.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kBetweenSaves{60};
constexpr int kSavingShare = 50;  // the time from save to save is at least so many times a save's

// Without a last "/", so that it has a name.
fs::path named(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

}  // namespace

RunDirectory::RunDirectory(const fs::path& path) : path_(named(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error)
    throw IoError(fmt::format("{}: cannot be made: {}. Choose a folder that may be written.",
                              path_.string(), error.message()));
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // A file system that knows no locks goes without.
  if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw UsageError(path_.string() +
                     ": another process trains there. Wait for it, stop it, or give another "
                     "--output.");
  }
  remove_left_parts(path_);
}

RunDirectory::~RunDirectory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void RunDirectory::write_config(const std::string& recipe) const {
  write_file_atomically(path_ / "config.yaml", recipe);
}

std::string RunDirectory::checkpoint_bytes() const {
  const std::vector<std::byte> bytes = read_file_bytes(last_path(), "checkpoint");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void RunDirectory::save_last(const Checkpoint& checkpoint) {
  const Clock::time_point started = Clock::now();
  save_checkpoint(last_path(), checkpoint);
  saved_ = Clock::now();
  saving_ = saved_ - started;
}

void check_holds_no_run(const std::filesystem::path& path) {
  std::error_code no_folder;  // which RunDirectory names, where it cannot be made
  if (std::filesystem::exists(path / "checkpoint-last", no_folder))
    throw UsageError(
        path.string() +
        ": holds a run already. Add --resume to go on with it, or give another --output.");
}

bool RunDirectory::is_saving_due() const {
  return Clock::now() - saved_ > std::max<Clock::duration>(kBetweenSaves, kSavingShare * saving_);
}

void RunDirectory::save_best(const Checkpoint& checkpoint, const ModelDirectory& model) const {
  save_checkpoint((path_ / "checkpoint-best").string(), checkpoint);
  save_model(path_ / "model", model);
}

void RunDirectory::write_report(const Report& report) const {
  write_file_atomically(path_ / "history.csv", history_csv(report.history));
  write_file_atomically(path_ / "report.html", html_report(report));
}

}  // namespace byteformer
