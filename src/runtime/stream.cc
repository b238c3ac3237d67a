#include "byteformer/stream.h"

#include <algorithm>

#include "runtime/classifier_state.h"

namespace byteformer {
namespace {

constexpr std::size_t kBlocksAThread = 8;  // that a stage gathers: depth-first still at full speed

}  // namespace

struct Stream::State {
  const Classifier::State& classifier;
  StagedPass pass;
  std::size_t bytes = 0, most;

  explicit State(const Classifier::State& c)
      : classifier(c),
        pass(c.model, c.pool.get(), kBlocksAThread * (c.pool ? c.pool->threads() : 1)),
        most(c.max_bytes()) {}
};

Stream::Stream(const Classifier& classifier)
    : state_(std::make_unique<State>(*classifier.state_)) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

bool Stream::push(std::span<const std::uint8_t> bytes) {
  State& s = *state_;
  const std::size_t room = s.most - std::min(s.bytes, s.most);
  s.bytes += bytes.size();
  const bool refuses = s.classifier.options.long_files == LongFiles::kRefuse;
  if (bytes.size() > room && refuses) s.classifier.refuse_long(s.bytes);
  s.pass.push(bytes.first(std::min(room, bytes.size())));
  return refuses || s.bytes < s.most;  // whether the file is too long is known from the next byte
}

Prediction Stream::finish() {
  if (state_->bytes == 0) state_->classifier.refuse_empty();
  std::vector<float> logits = state_->pass.finish();
  state_->classifier.check(logits);
  return state_->classifier.prediction(std::move(logits), state_->bytes);
}

}  // namespace byteformer
