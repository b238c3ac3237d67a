// The work of `predict`: inputs in, records out in the same order.
#pragma once

#include <cstdint>
#include <vector>

#include "base/parallel.h"
#include "byteformer/classifier.h"
#include "cli/codec_process.h"
#include "cli/record.h"
#include "files/walk.h"

namespace byteformer {

// Gathers files, so that threads have work side by side; a stream is computed while it arrives.
class Predictor {
 public:
  // With a codec, files become the bytes that the model was trained on before it sees them.
  Predictor(const Classifier& classifier, LongFiles long_files, RecordWriter& writer,
            Codec* codec = nullptr, unsigned threads = 1);

  // Both are false when nobody reads the records any more.
  bool take(const Found& input);
  bool flush();  // writes the records of what is gathered

  bool failed() const { return failed_; }  // whether any input did

 private:
  bool take_stream(const Found& input);
  void encode_gathered();
  void fail(Record& record, const InputError& error);

  const Classifier& classifier_;
  RecordWriter& writer_;
  Codec* codec_;
  ThreadPool encoders_;
  ReadLimit limit_;
  bool failed_ = false;
  std::size_t gathered_ = 0;  // bytes
  std::vector<Record> records_;
  std::vector<std::vector<std::uint8_t>> files_;
};

}  // namespace byteformer
