#include "model/buffers.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

namespace byteformer {
namespace {

TEST(Buffers, WhatWasGivenBackIsTakenAgain) {
  Buffers home;
  const std::byte* first = Buffer(home, 1000).data();
  const Buffer second(home, 1000);
  EXPECT_EQ(second.data(), first);
}

#ifndef __SANITIZE_ADDRESS__  // whose allocator, unlike glibc's, may be locked for ever in a child
TEST(Buffers, AChildForkedWhileOtherThreadsTakeAndGiveDoesNotWaitForThem) {
  auto home = std::make_unique<Buffers>();
  std::atomic<bool> ends = false;
  std::array<std::thread, 3> threads;
  for (std::thread& thread : threads)
    thread = std::thread([&] {
      while (!ends) Buffer(*home, 1000);
    });
  for (int i = 0; i < 100; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // ends the child where it waits
      Buffer(*home, 1000);
      home.reset();
      ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << i;
    if (status != 0) break;
  }
  ends = true;
  for (std::thread& thread : threads) thread.join();
}
#endif

}  // namespace
}  // namespace byteformer
