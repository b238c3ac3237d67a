// Whether the other processes of a training are still there.
//
// Sums wait for the slowest process, which may read a slow disk or write a checkpoint for minutes:
// that a sum takes long says nothing. So a thread of each process counts in the store of rank 0,
// and looks at the others' counts.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "train/membership.h"

namespace c10d {
class Store;  // its header takes ten seconds to compile
}

namespace byteformer {

class Heartbeat {
 public:
  using Lost = std::function<void(const std::string&)>;

  // `connection` is its own connection to the store and outlives it; names [processes].
  Heartbeat(c10d::Store& connection, const Membership& membership, std::vector<std::string> names,
            Lost lost);
  ~Heartbeat();  // not to be called where the store does not answer

  // Tells the other processes why this one ends, through any connection to the store.
  void tell_failure(c10d::Store& connection, const std::string& what);

  static constexpr std::chrono::seconds kBetweenBeats{1};
  static constexpr std::chrono::seconds kSilence{30};  // of one that is then taken as lost

 private:
  using Clock = std::chrono::steady_clock;

  void beat();   // the first thread: asks the store, which may not answer
  void watch();  // the second one: looks at the clock
  void take_counts();

  c10d::Store& store_;
  Membership membership_;
  std::vector<std::string> names_;
  Lost lost_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ends_ = false;
  std::atomic<bool> fails_ =
      false;  // this process itself, so that what follows from it is no news here
  Clock::time_point answered_ = Clock::now();  // the store did
  std::vector<std::int64_t> counts_;
  std::vector<Clock::time_point> heard_;
  std::thread beating_, watching_;
};

}  // namespace byteformer
