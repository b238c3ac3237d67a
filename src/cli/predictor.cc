#include "cli/predictor.h"

#include "base/random.h"
#include "byteformer/stream.h"

namespace byteformer {
namespace {

// Enough for many threads, little for a small machine.
constexpr std::size_t kMostFiles = 64, kMostBytes = 8 << 20;

// Pictures and sound are read whole; more than this is none.
constexpr std::uint64_t kMostToDecode = std::uint64_t{1} << 30;

}  // namespace

Predictor::Predictor(const Classifier& classifier, LongFiles long_files, RecordWriter& writer,
                     Codec* codec, unsigned threads)
    : classifier_(classifier), writer_(writer), codec_(codec), encoders_(codec ? threads : 1) {
  if (codec_ != nullptr) {
    limit_ = {kMostToDecode, false};
    return;
  }
  // One byte more than fits tells a file that is too long, without reading the rest.
  const std::size_t most = classifier.max_bytes();
  if (most != SIZE_MAX) limit_ = {most + (long_files == LongFiles::kRefuse ? 1 : 0), true};
}

bool Predictor::take(const Found& input) {
  if (codec_ == nullptr && input.origin == Origin::kGiven && is_stream(input.path))
    return flush() && take_stream(input);
  records_.push_back({input.path, std::nullopt, std::nullopt, ""});
  files_.emplace_back();
  try {
    files_.back() = read_input(input.path, input.origin, limit_);
  } catch (const InputError& error) {
    fail(records_.back(), error);
  }
  gathered_ += files_.back().size();
  return (files_.size() < kMostFiles && gathered_ < kMostBytes) || flush();
}

// What is drawn follows from the file's bytes: its answer does not depend on its name or place.
void Predictor::encode_gathered() {
  std::vector<std::optional<InputError>> errors(files_.size());
  encoders_.for_each(files_.size(), [&](std::size_t i) {
    if (records_[i].error || files_[i].empty()) return;
    const std::uint64_t seed =
        hash_of_text({reinterpret_cast<const char*>(files_[i].data()), files_[i].size()});
    try {
      files_[i] = codec_->encoded(records_[i].path, std::move(files_[i]), seed);
    } catch (const InputError& error) {
      errors[i] = error;
      files_[i].clear();
    }
  });
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (errors[i]) fail(records_[i], *errors[i]);
}

bool Predictor::flush() {
  if (codec_ != nullptr) encode_gathered();
  const std::vector<Outcome> outcomes = classifier_.classify_all(files_);
  for (std::size_t i = 0; i < records_.size(); ++i) {
    Record& record = records_[i];
    if (!record.error && outcomes[i].error)
      fail(record, *outcomes[i].error);
    else if (!record.error)
      record.prediction = outcomes[i].prediction;
    if (!writer_.write(record)) return false;
  }
  records_.clear();
  files_.clear();
  gathered_ = 0;
  return true;
}

bool Predictor::take_stream(const Found& input) {
  Record record{input.path, std::nullopt, std::nullopt, ""};
  try {
    Stream stream(classifier_);
    read_pieces(input.path, input.origin,
                [&](std::span<const std::uint8_t> piece) { return stream.push(piece); });
    record.prediction = stream.finish();
  } catch (const InputError& error) {
    fail(record, error);
  }
  return writer_.write(record);
}

void Predictor::fail(Record& record, const InputError& error) {
  record.error = error.kind();
  record.message = error.what();
  failed_ = true;
}

}  // namespace byteformer
