// One file that arrives in pieces and need not fit in memory.
//
//   byteformer::Stream stream(classifier);
//   while (read(piece)) stream.push(piece);
//   byteformer::Prediction p = stream.finish();
//
// The model works while bytes arrive: memory is bounded by its layers and windows, not by the file,
// and the time from the last byte to the answer does not grow with its length. The answer has the
// same bits as Classifier::classify() of the whole file, however it was cut.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "byteformer/classifier.h"
#include "byteformer/export.h"

namespace byteformer {

class BYTEFORMER_API Stream {
 public:
  // The classifier must outlive the stream. Several streams over one classifier may live in as many
  // threads; one stream belongs to one thread at a time.
  explicit Stream(const Classifier& classifier);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  // The next bytes of the file, any number of them. False: the model has all that it takes
  // (LongFiles::kCut), so reading may stop. Throws InputError of kind too_long
  // (LongFiles::kRefuse).
  bool push(std::span<const std::uint8_t> bytes);

  // The answer; `bytes` in it counts those that were pushed. Throws InputError of kind empty. Ends
  // the stream: nothing may be pushed after it.
  Prediction finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace byteformer
