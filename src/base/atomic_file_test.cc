#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "byteformer/error.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  ~AtomicFile() override {
    std::error_code ignored;
    fs::permissions(folder_, fs::perms::owner_all, ignored);
  }

  static std::string contents_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_))
      found.push_back(entry.path().filename().string());
    return found;
  }

  static std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const IoError& error) {
      return error.what();
    }
    return "no error";
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

// No file may grow beyond `bytes`: what a full disk looks like.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(AtomicFile, HoldsWhatWasWritten) {
  const std::string text("a\0b\n", 4);
  write_file_atomically(folder_ / "x", text);
  EXPECT_EQ(contents_of(folder_ / "x"), text);
  write_file_atomically(folder_ / "x", std::string_view());
  EXPECT_EQ(contents_of(folder_ / "x"), "");
  const std::array<std::byte, 2> bytes = {std::byte{0xFF}, std::byte{0}};
  write_file_atomically(folder_ / "x", bytes);
  EXPECT_EQ(contents_of(folder_ / "x"), std::string("\xFF\0", 2));
  EXPECT_EQ(names(), std::vector<std::string>{"x"});
}

TEST_F(AtomicFile, HasThePermissionsThatTheUmaskLeaves) {
  const mode_t before = ::umask(027);
  write_file_atomically(folder_ / "x", "text");
  write_directory_atomically(folder_ / "d", [](const fs::path&) {});
  ::umask(before);
  EXPECT_EQ(static_cast<int>(fs::status(folder_ / "x").permissions()), 0640);
  EXPECT_EQ(static_cast<int>(fs::status(folder_ / "d").permissions()), 0750);
}

TEST_F(AtomicFile, FailedWriteLeavesTheOldFileAndNothingElse) {
  write_file_atomically(folder_ / "x", "old");
  std::string error;
  {
    const FileSizeLimit limit(1000);
    error = error_of([&] { write_file_atomically(folder_ / "x", std::string(5000, 'n')); });
  }
  EXPECT_NE(error.find((folder_ / "x").string()), std::string::npos) << error;
  EXPECT_NE(error.find("File too large"), std::string::npos) << error;
  EXPECT_EQ(contents_of(folder_ / "x"), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"x"});
}

TEST_F(AtomicFile, WhatAKilledWriterLeftIsRemovedAndNothingElse) {
  const pid_t writer = ::fork();
  if (writer == 0) {
    try {
      write_directory_atomically(folder_ / "d", [](const fs::path& part) {
        write_file_atomically(part / "x", "text");
        ::raise(SIGKILL);
      });
    } catch (...) {
    }
    ::_exit(0);
  }
  ::waitpid(writer, nullptr, 0);
  write_file_atomically(folder_ / ".part", "another's");
  ASSERT_EQ(names().size(), 2U);
  remove_left_parts(folder_);
  EXPECT_EQ(names(), std::vector<std::string>{".part"});
}

TEST_F(AtomicFile, MissingFolderIsNamed) {
  const std::string error = error_of([&] { write_file_atomically(folder_ / "no" / "x", "text"); });
  EXPECT_NE(error.find("no/x"), std::string::npos) << error;
  EXPECT_NE(error.find("No such file or directory"), std::string::npos) << error;
}

TEST_F(AtomicFile, ReadOnlyFolderIsAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write to read-only folders";
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_NE(
      error_of([&] { write_file_atomically(folder_ / "x", "text"); }).find("Permission denied"),
      std::string::npos);
  EXPECT_TRUE(names().empty());
}

TEST_F(AtomicFile, DevicesAndFoldersAreNotReplaced) {
  EXPECT_NE(error_of([] { write_file_atomically("/dev/full", "text"); }).find("no regular file"),
            std::string::npos);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
  EXPECT_NE(error_of([&] { write_file_atomically(folder_, "text"); }).find("no regular file"),
            std::string::npos);
  EXPECT_TRUE(fs::is_directory(folder_));
}

TEST_F(AtomicFile, LinkStaysAndItsTargetIsReplaced) {
  write_file_atomically(folder_ / "target", "old");
  fs::create_symlink("target", folder_ / "link");
  write_file_atomically(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(contents_of(folder_ / "target"), "new");
}

TEST_F(AtomicFile, DirectoryAppearsWholeAndReplacesTheOldOne) {
  const fs::path model = folder_ / "model";
  write_directory_atomically(model, [&](const fs::path& part) {
    EXPECT_EQ(part.parent_path(), folder_);
    EXPECT_FALSE(fs::exists(model));
    write_file_atomically(part / "a", "1");
  });
  write_directory_atomically(model, [&](const fs::path& part) {
    EXPECT_EQ(contents_of(model / "a"), "1");
    fs::create_directory(part / "inner");
    write_file_atomically(part / "inner" / "b", "2");
  });
  EXPECT_FALSE(fs::exists(model / "a"));
  EXPECT_EQ(contents_of(model / "inner" / "b"), "2");
  EXPECT_EQ(names(), std::vector<std::string>{"model"});
}

TEST_F(AtomicFile, DirectoryMayBeNamedWithATrailingSlash) {
  for (int i = 0; i < 2; ++i)
    write_directory_atomically(
        folder_ / "model/", [](const fs::path& part) { write_file_atomically(part / "a", "1"); });
  EXPECT_EQ(names(), std::vector<std::string>{"model"});
}

TEST_F(AtomicFile, FailedFillLeavesTheOldDirectoryAndNothingElse) {
  const fs::path model = folder_ / "model";
  write_directory_atomically(
      model, [](const fs::path& part) { write_file_atomically(part / "a", "old"); });
  EXPECT_THROW(write_directory_atomically(model,
                                          [](const fs::path& part) {
                                            write_file_atomically(part / "a", "new");
                                            throw std::runtime_error("no");
                                          }),
               std::runtime_error);
  EXPECT_EQ(contents_of(model / "a"), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"model"});
}

TEST_F(AtomicFile, DirectoryDoesNotReplaceAFile) {
  write_file_atomically(folder_ / "x", "text");
  EXPECT_NE(error_of([&] { write_directory_atomically(folder_ / "x", [](const fs::path&) {}); }),
            "no error");
  EXPECT_EQ(contents_of(folder_ / "x"), "text");
  EXPECT_EQ(names(), std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace byteformer
