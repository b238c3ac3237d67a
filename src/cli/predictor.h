// The work of `predict`: inputs in, records out in the same order.
#pragma once

#include <cstdint>
#include <vector>

#include "byteformer/classifier.h"
#include "cli/record.h"
#include "files/walk.h"

namespace byteformer {

// Gathers files, so that threads have work side by side; a stream is computed while it arrives.
class Predictor {
 public:
  Predictor(const Classifier& classifier, LongFiles long_files, RecordWriter& writer);

  // Both are false when nobody reads the records any more.
  bool take(const Found& input);
  bool flush();  // writes the records of what is gathered

  bool failed() const { return failed_; }  // whether any input did

 private:
  bool take_stream(const Found& input);
  void fail(Record& record, const InputError& error);

  const Classifier& classifier_;
  RecordWriter& writer_;
  ReadLimit limit_;
  bool failed_ = false;
  std::size_t gathered_ = 0;  // bytes
  std::vector<Record> records_;
  std::vector<std::vector<std::uint8_t>> files_;
};

}  // namespace byteformer
