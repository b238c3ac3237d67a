// Threads for loops whose parts do not depend on each other.
//
// A pool owns its threads and joins them in its destructor; idle threads sleep. The caller works
// too, so a pool of one has no thread of its own. A pool's threads take no signals that are meant
// for the process: those go to the threads of the program around.
//
// fork() copies no threads: in a child, a pool of its parent is a pool of one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace byteformer {

class ThreadPool {
 public:
  // 0 means usable_processors(). Fewer where the system refuses more: threads() says how many.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned threads() const;

  // Calls body(i) once for each i in [0, count), in any order on any thread, and returns when all
  // are done. If bodies throw, the exception of the lowest i is rethrown after all others have
  // ended. May be called from several threads; not from within a body.
  void for_each(std::size_t count, const std::function<void(std::size_t)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The same where a pool may be missing: null means one thread, in order.
void for_each(ThreadPool* pool, std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace byteformer
