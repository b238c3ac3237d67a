// The other side of cli/codec_process.h: answers questions on standard input until it ends.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <csignal>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "byteformer/error.h"
#include "cli/codec_commands.h"
#include "cli/codec_message.h"
#include "cli/exit_status.h"
#include "cli/say.h"
#include "data/input_bytes.h"
#include "data/recipe_data.h"
#include "files/name.h"
#include "recipe/recipe.h"

namespace byteformer {
namespace {

using Kind = CodecMessage::Kind;

template <class Number>
Number number_in(const std::string& word) {
  Number number{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size())
    throw UsageError("serve: \"" + word + "\" is no number. byteformer starts this command.");
  return number;
}

// What the process may take beside what it has already.
void limit_memory(std::uint64_t mib) {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + (mib << 20);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &limit);
}

// Ends this process by SIGALRM unless its life ends before the time does. It needs no help of
// another process, so that none is left over where that one died.
class Alarm {
 public:
  explicit Alarm(double seconds) { set(seconds); }
  ~Alarm() { set(0); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  static void set(double seconds) {
    double whole = 0;
    const double rest = std::modf(seconds, &whole);
    const itimerval timer{{0, 0},
                          {static_cast<time_t>(whole), static_cast<suseconds_t>(1e6 * rest)}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }
};

CodecMessage text_message(Kind kind, const std::string& text, std::uint64_t number = 0) {
  return {kind, number, "", {text.begin(), text.end()}};
}

// The answer of `work`, within the limits of one file.
template <class Work>
CodecMessage guarded_answer(const std::string& name, std::uint64_t memory_mib, double seconds,
                            const Work& work) {
  const Alarm alarm(seconds);
  try {
    return work();
  } catch (const InputError& error) {
    return text_message(Kind::kInputError, error.what(), static_cast<std::uint64_t>(error.kind()));
  } catch (const std::bad_alloc&) {
    return text_message(
        Kind::kInputError,
        fmt::format("{}: decoding takes more than {} MiB of memory. Make it smaller, leave it out, "
                    "or raise --codec-memory.",
                    name, memory_mib),
        static_cast<std::uint64_t>(InputErrorKind::kTooLarge));
  } catch (const std::exception& error) {
    return text_message(Kind::kInputError, error.what(),
                        static_cast<std::uint64_t>(InputErrorKind::kDamaged));
  }
}

class Server {
 public:
  Server(std::uint64_t memory_mib, double seconds) : memory_mib_(memory_mib), seconds_(seconds) {}

  void run() {
    while (std::optional<CodecMessage> question = receive(STDIN_FILENO)) {
      if (question->kind == Kind::kItem) {
        question->name = data_.items->name(question->number);
        if (!send(STDOUT_FILENO, {Kind::kName, 0, question->name, {}})) return;
      }
      if (!send(STDOUT_FILENO, answer(*question))) return;
    }
  }

 private:
  CodecMessage answer(CodecMessage& question) {
    if (question.kind == Kind::kRecipe) return open(question);
    return guarded_answer(printable(question.name), memory_mib_, seconds_, [&]() -> CodecMessage {
      if (question.kind == Kind::kFile)
        return {Kind::kBytes, 0, "",
                bytes_->evaluation(std::move(question.bytes), printable(question.name),
                                   {Random(question.number), question.number})};
      Item item = data_.items->at(question.number, {0, question.number, question.number / batch_});
      return {Kind::kBytes, item.target, "", std::move(item.bytes)};
    });
  }

  CodecMessage open(const CodecMessage& question) {
    try {
      const Recipe recipe = parse_recipe(
          {reinterpret_cast<const char*>(question.bytes.data()), question.bytes.size()},
          "the recipe");
      batch_ = recipe.data.batch;
      bytes_.emplace(recipe);
      if (question.number != 0)
        data_ = open_evaluation_data(recipe, *bytes_, [&](const std::string& notice) {
          if (question.number == 1) say(notice);
        });
      limit_memory(memory_mib_);
      const nlohmann::json facts = {{"input", bytes_->description()},
                                    {"classes", data_.classes},
                                    {"items", data_.items ? data_.items->size() : 0}};
      return text_message(Kind::kFacts, facts.dump());
    } catch (const Error& error) {
      return text_message(Kind::kUsageError, error.what());
    }
  }

  std::uint64_t memory_mib_;
  double seconds_;
  std::size_t batch_ = 1;
  std::optional<InputBytes> bytes_;
  EvaluationData data_;
};

}  // namespace

int serve(const std::vector<std::string>& arguments) {
  if (arguments.size() != 2)
    throw UsageError("serve: is given limits of memory and time by byteformer, which starts it.");
  ::signal(SIGALRM, SIG_DFL);
  Server(number_in<std::uint64_t>(arguments[0]), number_in<double>(arguments[1])).run();
  return kExitDone;
}

}  // namespace byteformer
