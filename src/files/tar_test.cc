#include "files/tar.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "byteformer/error.h"
#include "tests/temporary_folder.h"

namespace byteformer {
namespace {

// A header of one member, its checksum right.
std::string header(const std::string& name, const std::string& size, char type = '0') {
  std::string h(512, '\0');
  h.replace(0, name.size(), name);
  h.replace(124, size.size(), size);
  h[156] = type;
  h.replace(257, 8,
            std::string("ustar\0"
                        "00",
                        8));
  h.replace(148, 8, std::string(8, ' '));
  unsigned sum = 0;
  for (const char c : h) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  h.replace(148, 7, text, 7);
  return h;
}

std::string block(std::string data) {
  data.resize((data.size() + 511) / 512 * 512, '\0');
  return data;
}

class Tar : public testing::Test {
 protected:
  std::vector<TarMember> members(const std::string& contents) {
    return members_of(folder_.write("x.tar", contents));
  }
  std::vector<TarMember> members_of(const std::string& path) {
    std::vector<TarMember> all;
    for_each_tar_member(
        path, [&](const TarMember& m) { all.push_back(m); },
        [this](const std::string& text) { notices_ += text + "\n"; });
    return all;
  }
  TemporaryFolder folder_;
  std::string notices_;
};

TEST_F(Tar, ReadsLongNamesInEveryFormatThatTarWrites) {
  const std::string name =
      std::string(90, 'd') + "/" + std::string(90, 'e') + "/" + std::string(120, 'f');
  folder_.write("in/" + name, "hello");
  for (const char* format : {"gnu", "pax", "posix"}) {
    const std::string path = (folder_.path() / format).string();
    ASSERT_EQ(std::system(("tar --format=" + std::string(format) + " -C " +
                           (folder_.path() / "in").string() + " -cf " + path + " .")
                              .c_str()),
              0);
    const std::vector<TarMember> all = members_of(path);
    ASSERT_EQ(all.size(), 1U) << format;
    EXPECT_EQ(all[0].name, name) << format;
    EXPECT_EQ(all[0].bytes, 5U);
  }
}

TEST_F(Tar, LeavesOutLinksAndNamesThatWouldEscape) {
  const std::vector<TarMember> all =
      members(header("a/link", "0", '2') + header("/etc/passwd", "0") + header("a/../../b", "0") +
              header("a/good", "3") + block("abc") + std::string(1024, '\0'));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "a/good");
  EXPECT_NE(notices_.find("a/link is no regular file"), std::string::npos) << notices_;
  EXPECT_NE(notices_.find("/etc/passwd would lie outside"), std::string::npos) << notices_;
}

TEST_F(Tar, RefusesDamageWithItsPlace) {
  std::string flipped = header("a/b", "3") + block("abc");
  flipped[10] ^= 1;
  for (const std::string& bad :
       {std::string(), std::string("no tar at all"), std::string(600, 'x'), flipped,
        header("a/b", "3"), header("a/b", "77777777777") + block("x"),
        header("a/b", "9") + block("x"), header("pax", "12", 'x') + block("99 path=abc\n")})
    EXPECT_THROW(members(bad), FormatError) << bad.size();
}

TEST_F(Tar, SurvivesRandomDamage) {
  const std::string good = header("pax", "14", 'x') + block("14 path=a/bcd\n") +
                           header("short", "5") + block("hello") + header("c/d", "600") +
                           block(std::string(600, 'y')) + std::string(1024, '\0');
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good.substr(0, random() % (good.size() + 1));
    for (int j = 0; j < 4 && !bad.empty(); ++j)
      bad[random() % bad.size()] = static_cast<char>(random());
    try {
      for (const TarMember& m : members(bad)) EXPECT_LE(m.offset + m.bytes, bad.size());
    } catch (const FormatError&) {
    }
  }
}

}  // namespace
}  // namespace byteformer
