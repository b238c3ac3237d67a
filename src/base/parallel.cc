#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "base/home_process.h"
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

// While it lives, threads that this one starts inherit a mask without the signals of the process.
// What a thread causes by itself (and a profiler's clock) stays, so that the handlers of the
// program around see it.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t signals;
    ::sigfillset(&signals);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF})
      ::sigdelset(&signals, own);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_ = {};
};

}  // namespace

struct ThreadPool::State {
  const HomeProcess home{};
  std::mutex mutex;
  std::condition_variable work_arrived;
  std::deque<std::shared_ptr<Loop>> loops;
  bool ending = false;
  std::vector<std::thread> workers;

  bool has_help() const { return !workers.empty() && home.is_this(); }

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
  const SignalsBlocked blocked;
  try {
    for (unsigned i = 1; i < threads; ++i)
      state_->workers.emplace_back([state = state_.get()] { state->run(); });
  } catch (const std::system_error&) {
    // The system gives no more threads; those that are there do the work, and threads() says how
    // many.
  } catch (const std::bad_alloc&) {
    // No memory for one more: the same.
  }
}

ThreadPool::~ThreadPool() {
  if (!state_->home.is_this()) {
    // There is nobody to join, and the lock may be held by a thread that is not here. So the few
    // bytes are left.
    static_cast<void>(state_.release());
    return;
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->work_arrived.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

unsigned ThreadPool::threads() const {
  return state_->has_help() ? static_cast<unsigned>(state_->workers.size()) + 1 : 1;
}

void ThreadPool::for_each(std::size_t count, const std::function<void(std::size_t)>& body) {
  if (count == 0) return;
  const auto loop = std::make_shared<Loop>();
  loop->body = &body;
  loop->count = count;
  const bool is_shared = count > 1 && state_->has_help();
  if (is_shared) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->loops.push_back(loop);
    }
    state_->work_arrived.notify_all();
  }
  loop->work();
  if (is_shared) {
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
