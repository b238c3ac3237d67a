// One record an input, in the format that was asked for: a table for people, JSON Lines or CSV for
// programs.
#pragma once

#include <optional>
#include <string>

#include "byteformer/classifier.h"

namespace byteformer {

enum class Format { kTable, kJsonLines, kCsv };

// A table on a terminal, else JSON Lines; `name` ("table", "jsonl", "csv") decides if it is given.
Format chosen_format(const std::string& name, bool json);

// What became of one input.
struct Record {
  std::string path;  // bytes, not necessarily UTF-8
  std::optional<Prediction> prediction;
  std::optional<InputErrorKind> error;
  std::string message;
};

// Writes records to standard output as soon as they are known. A closed pipe ends the writing
// quietly.
class RecordWriter {
 public:
  RecordWriter(Format format, bool logits) : format_(format), logits_(logits) {}

  // False when nobody reads any more.
  bool write(const Record& record);

 private:
  std::string text_of(const Record& record) const;

  Format format_;
  bool logits_;
  bool has_header_ = false;
};

// Writes all of `text` to standard output. False if nobody reads any more; throws IoError for any
// other failure.
bool write_out(const std::string& text);

}  // namespace byteformer
