#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/processors.h"

namespace byteformer {

namespace {

// One call of for_each. Threads take the next index until there is none.
struct Loop {
  const std::function<void(std::size_t)>* body = nullptr;
  std::size_t count = 0;
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::condition_variable done;
  unsigned working = 0;  // threads inside work(), guarded by the pool's mutex
  std::size_t failed_at = SIZE_MAX;
  std::exception_ptr failure;

  void work() {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      try {
        (*body)(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < failed_at) {
          failed_at = i;
          failure = std::current_exception();
        }
      }
    }
  }
};

}  // namespace

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable work_arrived;
  std::deque<std::shared_ptr<Loop>> loops;
  bool ending = false;
  std::vector<std::thread> workers;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      work_arrived.wait(lock, [this] { return ending || !loops.empty(); });
      if (ending) return;
      const std::shared_ptr<Loop> loop = loops.front();
      if (loop->next.load(std::memory_order_relaxed) >= loop->count) {
        loops.pop_front();
        continue;
      }
      ++loop->working;
      lock.unlock();
      loop->work();
      lock.lock();
      if (--loop->working == 0) loop->done.notify_all();
    }
  }
};

ThreadPool::ThreadPool(unsigned threads) : state_(std::make_unique<State>()) {
  if (threads == 0) threads = usable_processors();
  try {
    for (unsigned i = 1; i < threads; ++i)
      state_->workers.emplace_back([state = state_.get()] { state->run(); });
  } catch (const std::system_error&) {
    // The system gives no more threads; those that are there do the work, and threads() says how
    // many.
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->work_arrived.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

unsigned ThreadPool::threads() const { return static_cast<unsigned>(state_->workers.size()) + 1; }

void ThreadPool::for_each(std::size_t count, const std::function<void(std::size_t)>& body) {
  if (count == 0) return;
  const auto loop = std::make_shared<Loop>();
  loop->body = &body;
  loop->count = count;
  if (!state_->workers.empty() && count > 1) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->loops.push_back(loop);
    }
    state_->work_arrived.notify_all();
  }
  loop->work();
  if (!state_->workers.empty() && count > 1) {
    std::unique_lock lock(state_->mutex);
    std::erase(state_->loops, loop);
    loop->done.wait(lock, [&] { return loop->working == 0; });
  }
  if (loop->failure) std::rethrow_exception(loop->failure);
}

void for_each(ThreadPool* pool, std::size_t count, const std::function<void(std::size_t)>& body) {
  if (pool != nullptr) return pool->for_each(count, body);
  for (std::size_t i = 0; i < count; ++i) body(i);
}

}  // namespace byteformer
