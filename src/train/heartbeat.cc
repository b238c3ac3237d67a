#include "train/heartbeat.h"

#include <fmt/format.h>

#include <torch/csrc/distributed/c10d/Store.hpp>

namespace byteformer {
namespace {

constexpr const char* kFailed = "byteformer/failed";

std::string count_key(std::size_t rank) { return fmt::format("byteformer/alive/{}", rank); }

constexpr const char* kResume = "The training goes on from checkpoint-last with --resume.";

}  // namespace

Heartbeat::Heartbeat(c10d::Store& connection, const Membership& membership,
                     std::vector<std::string> names, Lost lost)
    : store_(connection),
      membership_(membership),
      names_(std::move(names)),
      lost_(std::move(lost)),
      counts_(membership.size),
      heard_(membership.size, Clock::now()),
      beating_([this] { beat(); }),
      watching_([this] { watch(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  ending_.notify_all();
  beating_.join();
  watching_.join();
}

void Heartbeat::tell_failure(c10d::Store& connection, const std::string& what) {
  fails_ = true;
  connection.compareSet(kFailed, "", what);  // the first one to fail is the one to name
}

void Heartbeat::beat() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    lock.unlock();
    try {
      store_.add(count_key(membership_.rank), 1);
      if (store_.check({kFailed})) {
        const std::string what = store_.get_to_str(kFailed);
        if (!fails_) lost_(what);
        return;
      }
      take_counts();
    } catch (const std::exception&) {
      if (!fails_)  // or the others have ended already, because of this one
        lost_(fmt::format("{} is lost: it ended or cannot be reached. {}", names_[0], kResume));
      return;
    }
    lock.lock();
    ending_.wait_for(lock, kBetweenBeats, [this] { return ends_; });
  }
}

void Heartbeat::take_counts() {
  std::vector<std::int64_t> counts;
  for (std::size_t r = 0; r < membership_.size; ++r) counts.push_back(store_.add(count_key(r), 0));
  const std::lock_guard lock(mutex_);
  answered_ = Clock::now();
  for (std::size_t r = 0; r < counts.size(); ++r)
    if (counts[r] != counts_[r]) {
      counts_[r] = counts[r];
      heard_[r] = answered_;
    }
}

void Heartbeat::watch() {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, kBetweenBeats, [this] { return ends_; })) {
    std::string lost;
    if (Clock::now() - answered_ > kSilence) {
      lost = names_[0];
    } else {
      for (std::size_t r = 0; r < heard_.size(); ++r)
        if (Clock::now() - heard_[r] > kSilence) lost += (lost.empty() ? "" : ", ") + names_[r];
    }
    if (lost.empty()) continue;
    lock.unlock();
    lost_(fmt::format("{} has not been heard of for {} s and is lost. {}", lost, kSilence.count(),
                      kResume));
    return;
  }
}

}  // namespace byteformer
