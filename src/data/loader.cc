#include "data/loader.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include "base/random.h"

namespace byteformer {

// Threads take batch numbers in order and put whole batches into `ready`; next() gives them out by
// number. What a batch holds depends on seed, epoch and its number alone.
struct Loader::State {
  std::vector<Sample> samples;
  const InputBytes& input;
  LoaderOptions options;
  Notice notice;
  bool cuts_files;  // a file as it is needs no byte beyond the limit; a picture does

  State(std::vector<Sample> s, const InputBytes& i, LoaderOptions o, Notice n)
      : samples(std::move(s)),
        input(i),
        options(o),
        notice(std::move(n)),
        cuts_files(i.suffix().empty()) {
    options.batch = std::max<std::size_t>(1, options.batch);
  }

  std::mutex mutex, one_notice;
  std::condition_variable room, arrived;
  std::vector<std::size_t> order;
  std::size_t epoch = 0, next_to_read = 0, next_to_give = 0;
  std::uint64_t generation = 0;  // of start(): batches of an older one are thrown away
  std::map<std::size_t, Batch> ready;
  std::set<std::string> skipped;
  double waited = 0;
  bool ending = false;
  std::vector<std::thread> threads;

  std::size_t batches() const {
    const std::size_t n = samples.size();
    return options.drop_last ? n / options.batch : (n + options.batch - 1) / options.batch;
  }

  // The caller's notice may take its time, or ask the loader: it does not hold up the batches.
  void skip(const std::string& name, const std::string& why) {
    {
      const std::lock_guard lock(mutex);
      if (!skipped.insert(name).second) return;
    }
    const std::lock_guard lock(one_notice);
    notice(why + " It is skipped.");
  }

  void add(Batch& batch, std::size_t index, std::size_t in_epoch, std::size_t number) {
    const Sample& sample = samples[index];
    ReadLimit limit;
    if (options.max_bytes > 0 && cuts_files) limit = {options.max_bytes, true};
    try {
      std::vector<std::uint8_t> bytes = read_sample(sample, limit);
      if (bytes.empty()) throw InputError(InputErrorKind::kEmpty, sample.name + ": has no bytes");
      Draws draws{Random(mix_seed(options.seed, in_epoch, index)),
                  mix_seed(options.seed, in_epoch, samples.size() + number)};
      bytes = options.augment ? input.training(std::move(bytes), sample.name, std::move(draws))
                              : input.evaluation(std::move(bytes), sample.name, std::move(draws));
      if (options.max_bytes > 0 && bytes.size() > options.max_bytes)
        bytes.resize(options.max_bytes);
      batch.ids.insert(batch.ids.end(), bytes.begin(), bytes.end());
      if (bytes.size() < options.kernel_size)
        batch.ids.resize(batch.ids.size() + options.kernel_size - bytes.size(), -1);
    } catch (const Error& error) {
      skip(sample.name, error.what());
      return;
    }
    batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
    batch.targets.push_back(static_cast<std::int64_t>(sample.class_index));
    batch.names.push_back(sample.name);
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      const std::size_t ahead = 2 * threads.size() + 2;
      room.wait(lock, [&] {
        return ending ||
               (next_to_read < batches() && !order.empty() && next_to_read < next_to_give + ahead);
      });
      if (ending) return;
      const std::size_t number = next_to_read++, in_epoch = epoch;
      const std::uint64_t of = generation;
      const std::size_t begin = number * options.batch,
                        end = std::min(begin + options.batch, samples.size());
      const std::vector<std::size_t> mine(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                          order.begin() + static_cast<std::ptrdiff_t>(end));
      lock.unlock();
      Batch batch;
      batch.offsets.push_back(0);
      for (const std::size_t index : mine) add(batch, index, in_epoch, number);
      lock.lock();
      if (of == generation) {
        ready.emplace(number, std::move(batch));
        arrived.notify_all();
      }
    }
  }
};

Loader::Loader(std::vector<Sample> samples, const InputBytes& bytes, LoaderOptions options,
               Notice notice)
    : state_(std::make_unique<State>(std::move(samples), bytes, options, std::move(notice))) {
  const unsigned threads = std::max(1u, options.threads);
  // Started only after the vector has its final size, which run() reads.
  state_->threads.resize(threads);
  for (std::thread& thread : state_->threads)
    thread = std::thread([state = state_.get()] { state->run(); });
}

Loader::~Loader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->room.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void Loader::start(std::size_t epoch, std::size_t first_batch) {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
  state_->epoch = epoch;
  state_->next_to_read = state_->next_to_give = first_batch;
  state_->ready.clear();
  if (state_->options.shuffle) {
    state_->order =
        Random(mix_seed(state_->options.seed, epoch)).permutation(state_->samples.size());
  } else {
    state_->order.resize(state_->samples.size());
    std::iota(state_->order.begin(), state_->order.end(), std::size_t{0});
  }
  state_->room.notify_all();
}

std::optional<Batch> Loader::next() {
  std::unique_lock lock(state_->mutex);
  // A batch all of whose files were skipped is passed over.
  while (!state_->order.empty() && state_->next_to_give < state_->batches()) {
    const std::size_t number = state_->next_to_give;
    const auto before = std::chrono::steady_clock::now();
    state_->arrived.wait(lock, [&] { return state_->ready.contains(number); });
    state_->waited +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    Batch batch = std::move(state_->ready.extract(number).mapped());
    ++state_->next_to_give;
    state_->room.notify_all();
    if (!batch.targets.empty()) return batch;
  }
  return std::nullopt;
}

std::size_t Loader::batches() const { return state_->batches(); }

double Loader::seconds_waited() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waited;
}

std::size_t Loader::skipped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->skipped.size();
}

}  // namespace byteformer
