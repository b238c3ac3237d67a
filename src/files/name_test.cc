#include "files/name.h"

#include <gtest/gtest.h>

namespace byteformer {
namespace {

TEST(Names, Utf8IsOnlyWhatIsWellFormed) {
  for (const char* good : {"", "abc", "caf\xC3\xA9", "\xF0\x9F\x98\x80", "\xED\x9F\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"caf\xE9", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\x80"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Names, BadPartsBecomeReplacementCharacters) {
  EXPECT_EQ(replace_invalid_utf8("caf\xE9.wav"), "caf\xEF\xBF\xBD.wav");
  EXPECT_EQ(replace_invalid_utf8("\xC3\xA9"), "\xC3\xA9");
}

TEST(Names, Base64IsThatOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Names, NoControlCharacterPassesToATerminal) {
  EXPECT_EQ(printable("a\nb\tc\x1B[31m\xE9\\"), "a\\nb\\tc\\x1B[31m\\xE9\\\\");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xC2\\x9B");
  EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
}

}  // namespace
}  // namespace byteformer
