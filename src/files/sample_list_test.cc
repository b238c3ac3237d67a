#include "files/sample_list.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <filesystem>

#include "files/class_folder.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

std::size_t heap_bytes() {
  const struct mallinfo2 used = ::mallinfo2();
  return used.uordblks + used.hblkhd;
}

// Headers of members without contents, by the rules of ustar.
std::string member(const std::string& name, std::uint64_t bytes) {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  header.replace(100, 8, std::string("0000644", 8));
  std::string octal(11, '0');
  for (std::size_t i = octal.size(); i-- > 0; bytes /= 8)
    octal[i] = static_cast<char>('0' + bytes % 8);
  header.replace(124, 11, octal);
  header[156] = '0';
  header.replace(257, 8,
                 std::string("ustar\0"
                             "00",
                             8));
  header.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  for (std::size_t i = 6; i-- > 0; sum /= 8) header[148 + i] = static_cast<char>('0' + sum % 8);
  header[154] = '\0';
  return header;
}

TEST(SampleList, AMemberCostsAtMostFortyEightBytesAndItsName) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's heap is another one";
#endif
  constexpr std::size_t kFiles = 100000;
  const TemporaryFolder folder;
  std::string archive;
  std::size_t names = 0;
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string name = std::to_string(i % 10) + "/a-file-of-some-name-" + std::to_string(i);
    names += name.size();
    archive += member(name, 0);
  }
  const std::string path = folder.write("files.tar", archive);
  archive = {};
  const std::size_t before = heap_bytes();
  const ClassFolder listed = list_class_folder(path, [](const std::string&) {});
  ASSERT_EQ(listed.samples.size(), kFiles);
  EXPECT_EQ(listed.samples[7].name, path + ":0/a-file-of-some-name-10030");
  // A loader needs 8 bytes more for the order of an epoch, 16 while it draws the next one.
  EXPECT_LT(heap_bytes() - before - names, 48 * kFiles);
}

TEST(SampleList, AShardOfTenGigabytesCostsNothingInProportion) {
  constexpr std::uint64_t kLarge = std::uint64_t{5} << 30;
  const TemporaryFolder folder;
  const std::string path = folder.write("large.tar", member("a/0", kLarge));
  std::filesystem::resize_file(path, 512 + kLarge);  // sparse
  std::ofstream(path, std::ios::app | std::ios::binary) << member("b/1", kLarge);
  std::filesystem::resize_file(path, 2 * (512 + kLarge));
  const std::size_t before = heap_bytes();
  const ClassFolder listed = list_class_folder(path, [](const std::string&) {});
  ASSERT_EQ(listed.samples.size(), 2U);
  EXPECT_EQ(listed.samples[1].tar_offset, 1024 + kLarge);
  EXPECT_EQ(read_sample(listed.samples[1], {1000, true}), std::vector<std::uint8_t>(1000));
  EXPECT_LT(heap_bytes() - before, 1U << 20);
}

TEST(SampleList, TakesTheChosenAndKeepsTheRestInOrder) {
  SampleList all;
  all.add_place("d/", false);
  for (const char* name : {"a/1", "a/2", "b/3", "b/4"}) all.add(0, name, 0, 5, name[0] - 'a');
  const SampleList taken = all.take({true, false, false, true});
  ASSERT_EQ(taken.size(), 2U);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(taken[1].name, "d/b/4");
  EXPECT_EQ(taken[1].class_index, 1U);
  EXPECT_EQ(all[0].container, "d/a/2");
}

// "x.tar0:" comes before "x.tar:", whatever the names of the archives alone say.
TEST(SampleList, SortsByWholeNames) {
  SampleList all;
  for (const char* archive : {"x.tar", "x.tar0"}) all.add_place(archive, true);
  all.add(0, "c/1", 512, 1, 0);
  all.add(1, "c/1", 512, 1, 0);
  all.sort();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "x.tar0:c/1");
}

}  // namespace
}  // namespace byteformer
