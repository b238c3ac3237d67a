// Pictures and sound as the bytes that a model sees, by byteformer-codec: what parses hostile files
// never shares a process with the model, and has limits of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace CLI {
class App;
}

namespace byteformer {

// Of one file. What goes beyond is ended, and the file is refused as too_large.
struct CodecLimits {
  std::size_t memory_mib = 4096;  // beside the program itself; the largest picture needs about 1700
  double seconds = 60;
};

// --codec-memory and --codec-seconds.
void add_codec_options(CLI::App& app, CodecLimits& limits);

struct EncodedItem {
  std::string name;
  std::vector<std::uint8_t> bytes;
  std::size_t class_index = 0;  // of CodecFacts::classes
  std::string error;            // not empty: it could not be read
};

// What a recipe comes to on this machine.
struct CodecFacts {
  std::string input;                 // what the bytes are, as JSON text: see model_directory.h
  std::vector<std::string> classes;  // of the evaluation's data, where that was opened
  std::size_t items = 0;
};

// A process for each thread that asks at the same time; all are ended with the object. A process
// that dies over a file takes that file with it and nothing else. Any number of threads may call.
class Codec {
 public:
  enum class Data {
    kNone,        // files are given
    kEvaluation,  // also opens the data that the recipe's evaluation goes over
  };

  // Throws UsageError where the recipe or its data cannot be used, or byteformer-codec is missing.
  Codec(const Recipe& recipe, Data data, CodecLimits limits);
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  const CodecFacts& facts() const { return facts_; }

  // The bytes of a file as the recipe's evaluation feeds them. `name` is for messages; `seed`
  // decides what is drawn, where the recipe draws. Throws InputError.
  std::vector<std::uint8_t> encoded(const std::string& name, std::vector<std::uint8_t> file,
                                    std::uint64_t seed);

  // An item of the evaluation's data.
  EncodedItem item(std::size_t index);

 private:
  class Process;
  std::unique_ptr<Process> taken();
  std::unique_ptr<Process> started(CodecFacts& facts, bool is_first) const;
  void give_back(std::unique_ptr<Process> process);

  std::string recipe_;  // YAML
  Data data_;
  CodecLimits limits_;
  CodecFacts facts_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Process>> idle_;
};

}  // namespace byteformer
