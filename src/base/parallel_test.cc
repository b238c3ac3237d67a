#include "base/parallel.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/processors.h"

namespace byteformer {
namespace {

class Pools : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(OfSeveralSizes, Pools, testing::Values(1u, 2u, 4u, 9u));

TEST_P(Pools, EveryIndexIsVisitedOnce) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.threads(), GetParam());
  for (std::size_t count : {0u, 1u, 2u, 3u, 1000u}) {
    std::vector<int> visits(count, 0);
    pool.for_each(count, [&](std::size_t i) { ++visits[i]; });
    EXPECT_EQ(visits, std::vector<int>(count, 1));
  }
}

TEST_P(Pools, WhatBodiesWroteIsSeenAfterTheLoop) {
  ThreadPool pool(GetParam());
  for (std::size_t round = 0; round < 200; ++round) {
    std::vector<std::size_t> values(16);
    pool.for_each(values.size(), [&](std::size_t i) { values[i] = i * round; });
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], i * round);
  }
}

TEST_P(Pools, TheFailureOfTheLowestIndexIsRethrownAfterAllOthersHaveEnded) {
  ThreadPool pool(GetParam());
  std::atomic<int> ended = 0;
  std::string message;
  try {
    for_each(&pool, 100, [&](std::size_t i) {
      if (i == 13 || i == 12 || i == 99) throw std::runtime_error(std::to_string(i));
      ++ended;
    });
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  EXPECT_EQ(message, "12");
  EXPECT_EQ(ended, 97);
  pool.for_each(3, [&](std::size_t) { ++ended; });  // the pool still works
  EXPECT_EQ(ended, 100);
}

TEST_P(Pools, SeveralThreadsMayShareOne) {
  ThreadPool pool(GetParam());
  std::atomic<std::size_t> sum = 0;
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([&] {
      for (int round = 0; round < 20; ++round) pool.for_each(50, [&](std::size_t i) { sum += i; });
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4u * 20 * (49 * 50 / 2));
}

TEST(ThreadPool, OfOneRunsOnTheCallersThread) {
  ThreadPool pool(1);
  pool.for_each(10, [caller = std::this_thread::get_id()](std::size_t) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
  });
}

TEST(ThreadPool, OfTwoRunsTwoBodiesAtOnce) {
  ThreadPool pool(2);
  std::atomic<int> arrived = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  pool.for_each(2, [&](std::size_t) {
    ++arrived;
    while (arrived < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 2);
}

TEST(ThreadPool, ItsThreadsTakeNoSignalsOfTheProcessButKeepTheirOwn) {
  ThreadPool pool(2);
  const std::thread::id caller = std::this_thread::get_id();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::atomic<int> arrived = 0;
  std::atomic<bool> is_seen = false;
  pool.for_each(2, [&](std::size_t) {
    ++arrived;
    while (arrived < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    sigset_t blocked;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    const bool is_caller = std::this_thread::get_id() == caller;
    EXPECT_EQ(::sigismember(&blocked, SIGTERM), is_caller ? 0 : 1);
    EXPECT_EQ(::sigismember(&blocked, SIGSEGV), 0);
    if (!is_caller) is_seen = true;
  });
  EXPECT_TRUE(is_seen);
}

#ifndef __SANITIZE_ADDRESS__  // whose allocator, unlike glibc's, may be locked for ever in a child
// Of the whole process: nanoseconds of processor time, and on how many processors it may run.
std::int64_t processor_time() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
std::size_t threads_of_this_process() {
  using Entries = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Entries("/proc/self/task"), Entries()));
}

TEST(ThreadPool, HasAsManyThreadsAsItSaysWhichAreNotPinnedAndSleepWhileThereIsNothingToDo) {
  // A sanitizer starts one of its own with the first; and one that is joined is listed for a
  // moment.
  std::thread([] {}).join();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::size_t before = threads_of_this_process();
  {
    ThreadPool pool(4);
    cpu_set_t allowed, of_a_body[100];
    ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
    pool.for_each(
        100, [&](std::size_t i) { ::sched_getaffinity(0, sizeof of_a_body[i], &of_a_body[i]); });
    for (const cpu_set_t& set : of_a_body) EXPECT_TRUE(CPU_EQUAL(&set, &allowed));
    EXPECT_EQ(threads_of_this_process(), before + 3) << "the caller is the fourth";
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // they look for work a little
    const std::int64_t used = processor_time();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    EXPECT_LT(processor_time() - used, 50'000'000);
  }
  for (int i = 0; i < 1000 && threads_of_this_process() != before; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(threads_of_this_process(), before);
}

TEST(ThreadPool, InAChildProcessTheCallerWorksAloneAndTheEndDoesNotWait) {
  auto pool = std::make_unique<ThreadPool>(4);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);  // ends the child where it would wait for threads that are not there
    std::size_t sum = 0;
    pool->for_each(10, [&](std::size_t i) { sum += i; });
    const bool is_right = sum == 45 && pool->threads() == 1;
    pool.reset();
    ::_exit(is_right ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(pool->threads(), 4U);
}
#endif

TEST(ThreadPool, OfZeroHasTheUsableProcessors) {
  EXPECT_EQ(ThreadPool(0).threads(), usable_processors());
}

}  // namespace
}  // namespace byteformer
