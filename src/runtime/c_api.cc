// The C API over Classifier and Stream: handles, options, results.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "byteformer/byteformer.h"
#include "byteformer/classifier.h"
#include "byteformer/stream.h"
#include "byteformer/version.h"
#include "runtime/c_error.h"

namespace bf = byteformer;

// Shared with its streams, so that bindings of languages that free in any order are safe.
struct bf_classifier {
  std::shared_ptr<const bf::Classifier> classifier;
};

struct bf_result {
  bf::Prediction prediction;
};

struct bf_stream {
  std::shared_ptr<const bf::Classifier> classifier;  // before the stream, which refers to it
  bf::Stream stream;
  bool is_over = false;  // finished, or failed
};

namespace {

using bf::guarded;

void require(const void* pointer, const char* name) {
  if (pointer == nullptr)
    throw bf::UsageError(std::string("the argument \"") + name +
                         "\" is NULL, but must point to something. Pass what it stands for in "
                         "byteformer.h.");
}

// Where a call puts its result: NULL until there is one.
template <typename Handle>
void clear(Handle** result, const char* name) {
  require(result, name);
  *result = nullptr;
}

std::span<const std::uint8_t> span_of(const void* bytes, std::size_t size) {
  if (size > 0) require(bytes, "bytes");
  return {static_cast<const std::uint8_t*>(bytes), size};
}

// The fields that the caller's version has; zeros, which mean defaults, for those that it lacks.
bf_options known_part(const bf_options& given) {
  constexpr std::size_t kFirstVersion = 24;  // bytes; never grows
  static_assert(
      offsetof(bf_options, precision) + sizeof(bf_options::precision) == sizeof(bf_options),
      "no padding, whose bytes callers leave as they are");
  if (given.size < kFirstVersion)
    throw bf::UsageError("bf_options.size is " + std::to_string(given.size) + ", but is at least " +
                         std::to_string(kFirstVersion) + ". Set it to sizeof(bf_options).");
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&given);
  for (std::size_t i = sizeof given; i < given.size; ++i)
    if (bytes[i] != 0)
      throw bf::UsageError(
          "bf_options has a field beyond byte " + std::to_string(sizeof given) +
          " that is not zero, but this library (version " + bf::kVersion +
          ") knows none there. Leave it zero, or use the library that belongs to the header.");
  bf_options known = {};
  std::memcpy(&known, &given, std::min(given.size, sizeof known));
  return known;
}

bf::ClassifierOptions options_of(const bf_options* given) {
  bf::ClassifierOptions options;
  if (given == nullptr) return options;
  const bf_options known = known_part(*given);
  if (known.top != 0) options.top = known.top;
  options.threads = known.threads;
  switch (known.long_files) {
    case BF_LONG_FILES_REFUSE:
      options.long_files = bf::LongFiles::kRefuse;
      break;
    case BF_LONG_FILES_CUT:
      options.long_files = bf::LongFiles::kCut;
      break;
    default:
      throw bf::UsageError("bf_options.long_files is " + std::to_string(known.long_files) +
                           ", but is BF_LONG_FILES_REFUSE (0) or BF_LONG_FILES_CUT (1). Use one "
                           "of these.");
  }
  switch (known.precision) {
    case BF_PRECISION_AUTO:
      options.precision = bf::Precision::kAuto;
      break;
    case BF_PRECISION_F32:
      options.precision = bf::Precision::kF32;
      break;
    case BF_PRECISION_BF16:
      options.precision = bf::Precision::kBf16;
      break;
    case BF_PRECISION_INT8:
      options.precision = bf::Precision::kInt8;
      break;
    default:
      throw bf::UsageError("bf_options.precision is " + std::to_string(known.precision) +
                           ", but is one of BF_PRECISION_AUTO (0) to BF_PRECISION_INT8 (3). Use "
                           "one of these.");
  }
  return options;
}

// Runs what is done to a stream. A failure ends it: some of the bytes may be in and some not.
template <typename Body>
void on_open_stream(bf_stream& stream, const Body& body) {
  if (stream.is_over)
    throw bf::UsageError(
        "the stream has ended, by its answer or by an error, and takes no more calls. Open "
        "another one for the next file.");
  stream.is_over = true;
  body();
}

}  // namespace

const char* bf_version() { return bf::kVersion; }

bf_status bf_classifier_open(const char* model_directory, const bf_options* options,
                             bf_classifier** classifier, bf_error* error) {
  return guarded(error, [&] {
    clear(classifier, "classifier");
    require(model_directory, "model_directory");
    *classifier = new bf_classifier{
        std::make_shared<const bf::Classifier>(model_directory, options_of(options))};
  });
}

void bf_classifier_close(bf_classifier* classifier) { delete classifier; }

std::size_t bf_class_count(const bf_classifier* classifier) {
  return classifier->classifier->classes().size();
}

const char* bf_class_name(const bf_classifier* classifier, std::size_t index) {
  const std::vector<std::string>& classes = classifier->classifier->classes();
  return index < classes.size() ? classes[index].c_str() : nullptr;
}

std::size_t bf_max_bytes(const bf_classifier* classifier) {
  return classifier->classifier->max_bytes();
}

const char* bf_kernels_name(const bf_classifier* classifier) {
  return classifier->classifier->kernels().c_str();
}

const char* bf_precision_name(const bf_classifier* classifier) {
  return classifier->classifier->precision().c_str();
}

const char* bf_notice(const bf_classifier* classifier, std::size_t index) {
  const std::vector<std::string>& notices = classifier->classifier->notices();
  return index < notices.size() ? notices[index].c_str() : nullptr;
}

bf_status bf_classify(const bf_classifier* classifier, const void* bytes, std::size_t size,
                      bf_result** result, bf_error* error) {
  return guarded(error, [&] {
    clear(result, "result");
    require(classifier, "classifier");
    *result = new bf_result{classifier->classifier->classify(span_of(bytes, size))};
  });
}

bf_status bf_stream_open(const bf_classifier* classifier, bf_stream** stream, bf_error* error) {
  return guarded(error, [&] {
    clear(stream, "stream");
    require(classifier, "classifier");
    *stream = new bf_stream{classifier->classifier, bf::Stream(*classifier->classifier)};
  });
}

bf_status bf_stream_push(bf_stream* stream, const void* bytes, std::size_t size, bool* is_full,
                         bf_error* error) {
  return guarded(error, [&] {
    require(stream, "stream");
    on_open_stream(*stream, [&] {
      const bool wants_more = stream->stream.push(span_of(bytes, size));
      if (is_full != nullptr) *is_full = !wants_more;
      stream->is_over = false;
    });
  });
}

bf_status bf_stream_finish(bf_stream* stream, bf_result** result, bf_error* error) {
  return guarded(error, [&] {
    clear(result, "result");
    require(stream, "stream");
    on_open_stream(*stream, [&] { *result = new bf_result{stream->stream.finish()}; });
  });
}

void bf_stream_free(bf_stream* stream) { delete stream; }

const char* bf_result_label(const bf_result* result) {
  return result->prediction.unknown ? nullptr : result->prediction.label.c_str();
}

bool bf_result_is_unknown(const bf_result* result) { return result->prediction.unknown; }

double bf_result_probability(const bf_result* result) { return result->prediction.probability; }

std::size_t bf_result_top_count(const bf_result* result) { return result->prediction.top.size(); }

const char* bf_result_top_label(const bf_result* result, std::size_t rank) {
  const std::vector<bf::ScoredLabel>& top = result->prediction.top;
  return rank < top.size() ? top[rank].label.c_str() : nullptr;
}

std::size_t bf_result_top_class(const bf_result* result, std::size_t rank) {
  const std::vector<bf::ScoredLabel>& top = result->prediction.top;
  return rank < top.size() ? top[rank].class_index : SIZE_MAX;
}

double bf_result_top_probability(const bf_result* result, std::size_t rank) {
  const std::vector<bf::ScoredLabel>& top = result->prediction.top;
  return rank < top.size() ? top[rank].probability : 0;
}

const float* bf_result_logits(const bf_result* result) { return result->prediction.logits.data(); }

std::size_t bf_result_bytes(const bf_result* result) { return result->prediction.bytes; }

std::size_t bf_result_tokens(const bf_result* result) { return result->prediction.tokens; }

void bf_result_free(bf_result* result) { delete result; }
