// The staged pass is a chain of stages: each takes rows as they become ready, computes what it can
// finish, and passes that on. Rows may come in another order than the file's (under reference
// masking the first rows of a shifted layer wait for the end of the file), but always in the same
// one for files of the same length, however they were cut into pieces.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "model/staged_weights.h"

namespace byteformer {

class ThreadPool;

// Seconds by stage ("stem", "positions", "layer 0", "merge 0", ..., "head"), for benchmarks.
using StageTimes = std::map<std::string, double>;

// What the stages of one pass share.
struct StageContext {
  const StagedWeights& weights;
  ThreadPool* pool = nullptr;   // may be null: one thread
  std::size_t grain = 1;        // blocks of rows that a stage gathers before it runs them
  StageTimes* times = nullptr;  // where to add what was measured, if anywhere

  // Calls body(i) for each i below count, on the pool's threads where there are any; its time
  // counts for the stage.
  void for_each(const std::string& stage, std::size_t count,
                const std::function<void(std::size_t)>& body) const;
};

class Stage {
 public:
  virtual ~Stage() = default;
  // Rows first .. first + count - 1 of this stage's input, [count, d].
  virtual void take(std::size_t first, std::size_t count, const float* rows) = 0;
  // All rows were given, n of them (0: an empty file under strict masking).
  virtual void finish(std::size_t n) = 0;
};

}  // namespace byteformer
