#include "files/walk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

TEST(Walk, GoesInNameOrderSkipsSpecialFilesAloudAndFollowsNoFolderLink) {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a/2", "a/10", "new\nline", "caf\xE9", "-n"})
    folder.write(name, "x");
  ASSERT_EQ(::symlink(".", (folder.path() / "loop").c_str()), 0);
  ASSERT_EQ(::symlink("b", (folder.path() / "link").c_str()), 0);
  ASSERT_EQ(::mkfifo((folder.path() / "fifo").c_str(), 0600), 0);
  std::vector<std::string> seen;
  std::string notices;
  for_each_input(
      {folder.path().string()},
      [&](const Found& found) {
        seen.push_back(found.path.substr(folder.path().string().size() + 1));
        return true;
      },
      [&](const std::string& text) { notices += text + "\n"; });
  EXPECT_EQ(seen,
            (std::vector<std::string>{"-n", "a/10", "a/2", "b", "caf\xE9", "link", "new\nline"}));
  EXPECT_NE(notices.find("fifo is a FIFO; skipped"), std::string::npos) << notices;
  EXPECT_NE(notices.find("loop is a link to a folder; not followed"), std::string::npos) << notices;
}

TEST(Walk, StopsWhenTheVisitorHasEnough) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) folder.write(name, "x");
  int count = 0;
  for_each_input(
      {folder.path().string(), folder.path().string()}, [&](const Found&) { return ++count < 2; },
      [](const std::string&) {});
  EXPECT_EQ(count, 2);
}

TEST(Walk, PassesOnWhatIsNotThere) {
  int count = 0;
  for_each_input(
      {"/no/such/file"}, [&](const Found& f) { return f.origin == Origin::kGiven && ++count > 0; },
      [](const std::string&) {});
  EXPECT_EQ(count, 1);
}

TEST(FileList, IsSplitAtLinesOrNulBytes) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_file_list(folder.write("lines", "a\n\nb c\nd"), '\n'),
            (std::vector<std::string>{"a", "b c", "d"}));
  EXPECT_EQ(read_file_list(folder.write("nul", std::string("a\nb\0c", 5)), '\0'),
            (std::vector<std::string>{"a\nb", "c"}));
}

}  // namespace
}  // namespace byteformer
