#include "bytes/key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "byteformer/error.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

TEST(Key, IsAnotherPermutationEachTime) {
  const ByteTable a = random_key(), b = random_key();
  EXPECT_NE(a, b);
  EXPECT_EQ(inverse(inverse(a)), a);
  for (std::size_t i = 0; i < 256; ++i) EXPECT_EQ(inverse(a)[a[i]], i);
}

TEST(Key, IsKeptForItsOwnerAloneAndNeverOverwritten) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "key";
  const ByteTable key = random_key();
  save_key(path, key);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(load_key(path), key);
  EXPECT_THROW(save_key(path, random_key()), UsageError);
  EXPECT_EQ(load_key(path), key);
}

TEST(Key, OnlyTwoHundredAndFiftySixDistinctBytesAreOne) {
  const TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(255 - i);
  EXPECT_EQ(load_key(folder.write("good", bytes))[0], 255);
  EXPECT_THROW(load_key(folder.write("short", bytes.substr(1))), FormatError);
  EXPECT_THROW(load_key(folder.write("long", bytes + "x")), FormatError);
  bytes[3] = bytes[4];
  EXPECT_THROW(load_key(folder.write("twice", bytes)), FormatError);
  EXPECT_THROW(load_key(folder.path() / "missing"), IoError);
}

}  // namespace
}  // namespace byteformer
