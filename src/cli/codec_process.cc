#include "cli/codec_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "byteformer/error.h"
#include "cli/codec_message.h"
#include "cli/programs.h"
#include "files/name.h"

extern char** environ;

namespace byteformer {

using Kind = CodecMessage::Kind;

namespace {

constexpr const char* kProgram = "byteformer-codec";

// Both ends are closed in programs that this one starts.
struct Pipe {
  int read_end = -1, write_end = -1;

  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw IoError(std::string("a pipe to ") + kProgram + " cannot be made: " +
                    std::strerror(errno) + ". Raise the limit of open files.");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
};

std::string text_of(const CodecMessage& message) {
  return {message.bytes.begin(), message.bytes.end()};
}

}  // namespace

class Codec::Process {
 public:
  explicit Process(CodecLimits limits) : limits_(limits) {
    const std::vector<std::string> words = {kProgram, "serve", std::to_string(limits.memory_mib),
                                            fmt::format("{}", limits.seconds)};
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, questions_.read_end, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, answers_.write_end, STDOUT_FILENO);
    // A thread of a pool takes no signals; the process that it starts does.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int error = ENOENT;
    for (const std::string& place : places_of(kProgram)) {
      error = ::posix_spawnp(&id_, place.c_str(), &actions, &attributes, argv.data(), environ);
      if (error == 0) break;
    }
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) refuse_missing_program(kProgram, error);
    Pipe::close_end(questions_.read_end);
    Pipe::close_end(answers_.write_end);
  }

  // It ends when it has nothing more to read.
  ~Process() {
    Pipe::close_end(questions_.write_end);
    if (id_ > 0) wait_for_end(id_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool ask(const CodecMessage& question) { return send(questions_.write_end, question); }
  std::optional<CodecMessage> answer() { return receive(answers_.read_end); }

  // Why it gave no answer about a file.
  InputError death_over(const std::string& name) {
    ::kill(id_, SIGKILL);  // where it lives on, it no longer speaks the language
    const int status = wait_for_end(std::exchange(id_, -1));
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (signal == SIGALRM)
      return {InputErrorKind::kTooLarge,
              fmt::format("{}: decoding takes longer than {} s. Make it smaller, leave it out, or "
                          "raise --codec-seconds.",
                          name, limits_.seconds)};
    return {InputErrorKind::kDamaged,
            fmt::format(
                "{}: {} ended over it ({}). The file is damaged or made to do harm; leave "
                "it out.",
                name, kProgram,
                signal != 0 ? ::strsignal(signal) : fmt::format("status {}", WEXITSTATUS(status)))};
  }

 private:
  CodecLimits limits_;
  Pipe questions_, answers_;
  pid_t id_ = -1;
};

void add_codec_options(CLI::App& app, CodecLimits& limits) {
  app.add_option("--codec-memory", limits.memory_mib,
                 "MiB that decoding one file may take; a file that needs more is too_large")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--codec-seconds", limits.seconds, "that decoding one file may take")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 1e6));
}

Codec::Codec(const Recipe& recipe, Data data, CodecLimits limits)
    : recipe_(to_yaml(recipe)), data_(data), limits_(limits) {
  give_back(started(facts_, true));
}

Codec::~Codec() = default;

std::unique_ptr<Codec::Process> Codec::taken() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Process> process = std::move(idle_.back());
      idle_.pop_back();
      return process;
    }
  }
  CodecFacts as_before;
  return started(as_before, false);
}

std::unique_ptr<Codec::Process> Codec::started(CodecFacts& facts, bool is_first) const {
  auto process = std::make_unique<Process>(limits_);
  const std::uint64_t data = data_ == Data::kNone ? 0 : is_first ? 1 : 2;
  const bool is_asked = process->ask({Kind::kRecipe, data, "", {recipe_.begin(), recipe_.end()}});
  const std::optional<CodecMessage> answer =
      is_asked ? process->answer() : std::optional<CodecMessage>();
  if (answer && answer->kind == Kind::kUsageError) throw UsageError(text_of(*answer));
  if (!answer || answer->kind != Kind::kFacts)
    throw Error(process->death_over("the recipe").what());
  const auto json = nlohmann::json::parse(answer->bytes);
  facts = {json.at("input"), json.at("classes"), json.at("items")};
  return process;
}

void Codec::give_back(std::unique_ptr<Process> process) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(process));
}

std::vector<std::uint8_t> Codec::encoded(const std::string& name, std::vector<std::uint8_t> file,
                                         std::uint64_t seed) {
  std::unique_ptr<Process> process = taken();
  std::optional<CodecMessage> answer;
  if (process->ask({Kind::kFile, seed, name, std::move(file)})) answer = process->answer();
  if (!answer) throw process->death_over(name);
  give_back(std::move(process));
  if (answer->kind == Kind::kInputError)
    throw InputError(static_cast<InputErrorKind>(answer->number), text_of(*answer));
  return std::move(answer->bytes);
}

EncodedItem Codec::item(std::size_t index) {
  std::unique_ptr<Process> process = taken();
  EncodedItem item;
  item.name = fmt::format("item {}", index);
  std::optional<CodecMessage> answer;
  if (process->ask({Kind::kItem, index, "", {}})) answer = process->answer();
  if (answer && answer->kind == Kind::kName) {
    item.name = std::move(answer->name);
    answer = process->answer();
  }
  if (!answer) {
    const InputError error = process->death_over(printable(item.name));
    item.error = fmt::format("{} ({})", error.what(), name_of(error.kind()));
    return item;
  }
  give_back(std::move(process));
  if (answer->kind == Kind::kInputError) {
    item.error = fmt::format("{} ({})", text_of(*answer),
                             name_of(static_cast<InputErrorKind>(answer->number)));
    return item;
  }
  item.bytes = std::move(answer->bytes);
  item.class_index = answer->number;
  return item;
}

}  // namespace byteformer
