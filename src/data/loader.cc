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
  const DataSet& items;
  LoaderOptions options;
  Notice notice;

  State(const DataSet& set, LoaderOptions given, Notice say)
      : items(set), options(given), notice(std::move(say)) {
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
    const std::size_t n = items.size(), files = options.batch * options.parts;
    return options.drop_last ? n / files : (n + files - 1) / files;
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

  void add(Batch& batch, std::size_t index, const Place& place) {
    const std::string name = items.name(index);
    try {
      const Item item = items.at(index, place);
      batch.ids.insert(batch.ids.end(), item.bytes.begin(), item.bytes.end());
      if (item.bytes.size() < options.kernel_size)
        batch.ids.resize(batch.ids.size() + options.kernel_size - item.bytes.size(), -1);
      batch.targets.push_back(static_cast<std::int64_t>(item.target));
      batch.mixed.insert(batch.mixed.end(), item.mixed.begin(), item.mixed.end());
    } catch (const Error& error) {
      skip(name, error.what());
      return;
    }
    batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
    batch.names.push_back(name);
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
      const std::size_t begin = std::min((number * options.parts + options.part) * options.batch,
                                         items.size()),
                        end = std::min(begin + options.batch, items.size());
      const std::vector<std::size_t> mine(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                          order.begin() + static_cast<std::ptrdiff_t>(end));
      lock.unlock();
      Batch batch;
      batch.offsets.push_back(0);
      for (std::size_t i = 0; i < mine.size(); ++i)
        add(batch, mine[i], {in_epoch, begin + i, number});
      lock.lock();
      if (of == generation) {
        ready.emplace(number, std::move(batch));
        arrived.notify_all();
      }
    }
  }
};

Loader::Loader(const DataSet& items, LoaderOptions options, Notice notice)
    : state_(std::make_unique<State>(items, options, std::move(notice))) {
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
    state_->order = Random(mix_seed(state_->options.seed, epoch)).permutation(state_->items.size());
  } else {
    state_->order.resize(state_->items.size());
    std::iota(state_->order.begin(), state_->order.end(), std::size_t{0});
  }
  state_->room.notify_all();
}

std::optional<Batch> Loader::next() {
  std::unique_lock lock(state_->mutex);
  if (state_->order.empty() || state_->next_to_give >= state_->batches()) return std::nullopt;
  const std::size_t number = state_->next_to_give;
  const auto before = std::chrono::steady_clock::now();
  state_->arrived.wait(lock, [&] { return state_->ready.contains(number); });
  state_->waited +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  Batch batch = std::move(state_->ready.extract(number).mapped());
  ++state_->next_to_give;
  state_->room.notify_all();
  return batch;
}

std::size_t Loader::batches() const { return state_->batches(); }

std::size_t Loader::given() const {
  const std::lock_guard lock(state_->mutex);
  return state_->next_to_give;
}

double Loader::seconds_waited() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waited;
}

std::size_t Loader::skipped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->skipped.size();
}

}  // namespace byteformer
