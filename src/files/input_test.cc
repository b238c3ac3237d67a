#include "files/input.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

InputErrorKind kind_of(const Path& path, Origin origin = Origin::kGiven, ReadLimit limit = {}) {
  try {
    read_input(path, origin, limit);
  } catch (const InputError& error) {
    return error.kind();
  }
  ADD_FAILURE() << path << " was read";
  return InputErrorKind::kDamaged;
}

TEST(ReadInput, GivesTheBytesNulOnesToo) {
  const TemporaryFolder folder;
  const std::string contents("a\0b\xFF", 4);
  const std::vector<std::uint8_t> bytes = read_input(folder.write("x", contents), Origin::kFound);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), contents);
}

TEST(ReadInput, TellsTheWaysInWhichAFileFails) {
  const TemporaryFolder folder;
  const std::string loop = (folder.path() / "loop").string();
  ASSERT_EQ(::symlink("loop", loop.c_str()), 0);
  EXPECT_EQ(kind_of((folder.path() / "missing").string()), InputErrorKind::kVanished);
  EXPECT_EQ(kind_of(loop), InputErrorKind::kLoop);
  EXPECT_EQ(kind_of("/dev/zero"), InputErrorKind::kSpecial);
  EXPECT_EQ(kind_of("/dev/null"), InputErrorKind::kSpecial);
  EXPECT_EQ(kind_of(folder.path().string()), InputErrorKind::kUnreadable);
}

TEST(ReadInput, ReadsAProcFileWholeThoughItSaysThatItIsEmpty) {
  EXPECT_GT(read_input("/proc/cpuinfo", Origin::kGiven).size(), 100U);
}

TEST(ReadInput, AFifoMetInAFolderNeverBlocks) {
  const TemporaryFolder folder;
  const std::string fifo = (folder.path() / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(kind_of(fifo, Origin::kFound), InputErrorKind::kSpecial);
}

TEST(ReadInput, AFifoGivenByNameIsReadToItsEnd) {
  const TemporaryFolder folder;
  const std::string fifo = (folder.path() / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::thread writer([&] {
    std::ofstream out(fifo);
    out << std::string(200000, 'x');
  });
  EXPECT_EQ(read_input(fifo, Origin::kGiven).size(), 200000U);
  writer.join();
}

TEST(ReadInput, KeepsTheLimitOrSaysThatThereIsMore) {
  const TemporaryFolder folder;
  const std::string path = folder.write("x", std::string(1000, 'x'));
  EXPECT_EQ(read_input(path, Origin::kGiven, {10, true}).size(), 10U);
  EXPECT_EQ(read_input(path, Origin::kGiven, {1000, false}).size(), 1000U);
  EXPECT_EQ(kind_of(path, Origin::kGiven, {999, false}), InputErrorKind::kTooLarge);
}

TEST(ReadInput, AFileWithoutPermissionIsUnreadable) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  const std::string path = folder.write("x", "x");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  EXPECT_EQ(kind_of(path), InputErrorKind::kUnreadable);
}

TEST(ReadPart, RefusesBytesThatAreNotThere) {
  const TemporaryFolder folder;
  const std::string path = folder.write("x", "0123456789");
  EXPECT_EQ(read_part(path, 3, 4), (std::vector<std::uint8_t>{'3', '4', '5', '6'}));
  EXPECT_THROW(read_part(path, 8, 3), InputError);
  EXPECT_THROW(read_part(path, 11, 0), InputError);
}

}  // namespace
}  // namespace byteformer
