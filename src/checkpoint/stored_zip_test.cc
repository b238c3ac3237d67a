#include "checkpoint/stored_zip.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"

namespace byteformer {
namespace {

std::span<const std::byte> bytes_of(const std::string& file) {
  return std::as_bytes(std::span(file));
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string small_zip() {
  return write_stored_zip({{"a/one", "first"}, {"a/empty", ""}, {"a/two", "second entry"}});
}

std::string error_of(const std::string& file) {
  try {
    read_stored_zip(bytes_of(file), "x.pt");
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("x.pt: ", 0), 0U) << error.what();
    return error.what();
  }
  return "no error";
}

void expect_error(const std::string& file, const std::string& part) {
  EXPECT_NE(error_of(file).find(part), std::string::npos) << part << " in: " << error_of(file);
}

// The small archive with a byte of its first entry in the directory replaced.
std::string with_directory_byte(std::size_t offset, char value, std::size_t count = 1) {
  std::string file = small_zip();
  const std::size_t directory = file.find("PK\x01\x02");
  return file.replace(directory + offset, count, count, value);
}

TEST(StoredZip, WrittenAndReadAgainIsTheSame) {
  const std::string file = small_zip();
  const auto entries = read_stored_zip(bytes_of(file), "x.pt");
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(text_of(entries.at("a/one")), "first");
  EXPECT_EQ(text_of(entries.at("a/empty")), "");
  EXPECT_EQ(text_of(entries.at("a/two")), "second entry");
  EXPECT_EQ(file, small_zip());
}

TEST(StoredZip, EntriesAreAlignedForMapping) {
  const std::string file = small_zip();
  EXPECT_EQ(file.find("first") % 64, 0U);
  EXPECT_EQ(file.find("second entry") % 64, 0U);
}

TEST(StoredZip, CutShortAnywhereIsAnError) {
  const std::string file = small_zip();
  for (std::size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(error_of(file.substr(0, length)), "no error") << length;
}

TEST(StoredZip, AChangedByteIsAnErrorOrChangesNoContents) {
  const std::string file = small_zip();
  for (std::size_t i = 0; i < file.size(); ++i)
    for (const char mask : {'\x01', '\x80', '\xff'}) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      try {
        for (const auto& [name, bytes] : read_stored_zip(bytes_of(changed), "x.pt"))
          EXPECT_TRUE(text_of(bytes) == "first" || text_of(bytes) == "second entry" ||
                      text_of(bytes).empty())
              << i;
      } catch (const FormatError&) {
      }
    }
}

TEST(StoredZip, WhatTorchSaveNeverWritesIsRefused) {
  expect_error(with_directory_byte(10, 8), "compressed");
  expect_error(with_directory_byte(8, 1), "encrypted");
  expect_error(with_directory_byte(24, 99), "two different sizes");
  expect_error(with_directory_byte(20, '\x7f', 8), "the file has");  // both sizes: 2 GB
  expect_error(with_directory_byte(42, '\x7f', 4), "where none is");
  expect_error(with_directory_byte(16, 1), "checksum");
  expect_error(with_directory_byte(28, '\x7f', 2), "ends early");
  expect_error(write_stored_zip({{"a", "1"}, {"a", "2"}}), "twice");
  expect_error("", "without the end");
  expect_error(std::string(100000, 'P'), "without the end");
}

TEST(StoredZip, ManyEntriesOfTheSameBytesAreRefused) {
  const std::string big(1000, 'x');
  std::string file = write_stored_zip({{"a", big}, {"b", big}});
  const std::size_t second = file.rfind("PK\x01\x02");
  file.replace(second + 42, 4, 4, '\0');  // the second entry's bytes are now the first one's
  EXPECT_NO_THROW(read_stored_zip(bytes_of(file), "x.pt"));  // no more than the file has
  const std::size_t directory = file.find("PK\x01\x02"), each = second - directory;
  std::string bomb = file.substr(0, 64 + 1000);
  for (char name = 'a'; name < 'z'; ++name) {
    std::string entry = file.substr(directory, each);
    entry[46] = name;
    bomb += entry;
  }
  std::string end = file.substr(file.size() - 22);
  const std::size_t bytes = 25 * each;
  end[8] = end[10] = 25;
  end[12] = static_cast<char>(bytes & 0xFF);
  end[13] = static_cast<char>(bytes >> 8);
  end[16] = static_cast<char>((64 + 1000) & 0xFF);
  end[17] = static_cast<char>((64 + 1000) >> 8);
  expect_error(bomb + end, "larger than the file");
}

}  // namespace
}  // namespace byteformer
