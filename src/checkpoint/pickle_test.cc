#include "checkpoint/pickle.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"

namespace byteformer {
namespace {

using Kind = PickleValue::Kind;
using namespace std::string_literals;

const std::string kStart = "\x80\x02";

Pickle read(const std::string& bytes) {
  return read_pickle(std::as_bytes(std::span(bytes)), "x.pt");
}

std::string error_of(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("x.pt: ", 0), 0U) << error.what();
    return error.what();
  }
  return "no error";
}

void expect_error(const std::string& bytes, const std::string& part) {
  EXPECT_NE(error_of(bytes).find(part), std::string::npos) << part << " in: " << error_of(bytes);
}

TEST(Pickle, ReadsNumbersTextsAndContainers) {
  // {"k": (7, 300, -2, True, None, 0.5, [1, 2])}
  const Pickle p = read(kStart + "}X\x01\0\0\0k(K\x07M\x2c\x01J\xfe\xff\xff\xff\x88NG"s +
                        "\x3f\xe0\0\0\0\0\0\0](K\x01K\x02\x65ts."s);
  const PickleValue& root = p[p.root];
  ASSERT_EQ(root.kind, Kind::kDict);
  ASSERT_EQ(root.items.size(), 2U);
  EXPECT_EQ(p[root.items[0]].text, "k");
  const PickleValue& tuple = p[root.items[1]];
  ASSERT_EQ(tuple.items.size(), 7U);
  EXPECT_EQ(p[tuple.items[0]].integer, 7);
  EXPECT_EQ(p[tuple.items[1]].integer, 300);
  EXPECT_EQ(p[tuple.items[2]].integer, -2);
  EXPECT_EQ(p[tuple.items[3]].integer, 1);
  EXPECT_EQ(p[tuple.items[4]].kind, Kind::kNone);
  EXPECT_EQ(p[tuple.items[5]].real, 0.5);
  EXPECT_EQ(p[tuple.items[6]].items.size(), 2U);
}

TEST(Pickle, ReadsLongIntegersInTwosComplement) {
  const std::pair<std::string, std::int64_t> cases[] = {
      {"\x8a\0"s, 0},
      {"\x8a\x01\xff"s, -1},
      {"\x8a\x02\xff\0"s, 255},
      {"\x8a\x05\0\0\0\0\x01"s, std::int64_t{1} << 32}};
  for (const auto& [bytes, value] : cases) {
    const Pickle p = read(kStart + bytes + ".");
    EXPECT_EQ(p[p.root].integer, value);
  }
  expect_error(kStart + "\x8a\x09" + std::string(9, '\1') + ".", "more than 8 bytes");
}

TEST(Pickle, CallsNothing) {
  expect_error(kStart + "cos\nsystem\n(X\x02\0\0\0lstR."s, "os.system");
  expect_error(kStart + "cbuiltins\neval\n.", "builtins.eval");
  expect_error(kStart + "ctorch._utils\n_rebuild_tensor\n.", "not allowed");
  expect_error(kStart + "ccollections\nOrderedDict\n(K\x01tR.", "not allowed");
  expect_error(kStart + "ctorch\nFloatStorage\n)R.", "not allowed");
  expect_error(kStart + "K\x01)R.", "no function");
}

TEST(Pickle, AnyOtherOpcodeIsNamedWithItsPlace) {
  expect_error(kStart + "}i.", "0x69 ('i'), which is not allowed (at byte 3 of the pickle)");
  expect_error(kStart + "\x93.", "0x93");
  const std::string allowed = "}])(tqrhjXJKM\x8aGN\x88\x89\x85\x86\x87\x63QRbsuae.\x80";
  std::size_t refused = 0;
  for (int opcode = 0; opcode < 256; ++opcode) {
    if (allowed.find(static_cast<char>(opcode)) != std::string::npos) continue;
    expect_error(kStart + static_cast<char>(opcode), "not allowed");
    ++refused;
  }
  EXPECT_EQ(refused, 256U - allowed.size());
}

TEST(Pickle, OtherProtocolsAreRefused) {
  expect_error("\x80\x04}.", "protocol 4");
  expect_error("", "ends in the middle");
}

TEST(Pickle, TakesNoMoreThanThereIs) {
  for (const char* opcodes :
       {"t",       "e",        "u",        "s",     "a",     "R",           "b",
        "Q",       "\x85",     "\x87",     ".",     "(.",    "K\x01(s",     "(K\x01\x86",
        "}K\x01s", "](K\x01u", "}(K\x01u", "q\x01", "h\x01", "K\x01K\x02.", "(K\x01."})
    EXPECT_NE(error_of(kStart + opcodes), "no error") << opcodes;
}

TEST(Pickle, CutShortAnywhereIsAnError) {
  const std::string whole = kStart + "}X\x01\0\0\0k(K\x07M\x2c\x01J\xfe\xff\xff\xff\x88Nts."s;
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(error_of(whole.substr(0, length)), "no error") << length;
  expect_error(whole + "N", "behind the end");
  expect_error(kStart + "X\xff\xff\xff\xff" + "abc", "in the middle");
}

TEST(Pickle, DeepValuesTakeNoStack) {
  std::string deep = kStart + ")";
  for (int i = 0; i < 1'000'000; ++i) deep += '\x85';
  EXPECT_EQ(read(deep + ".").values.size(), 1'000'001U);
  expect_error(kStart + std::string(3 << 20, ')'), "at most");
}

TEST(Pickle, AValueMayHoldItself) {
  const Pickle p = read(kStart + "]q\0h\0a."s);
  EXPECT_EQ(p[p.root].items, std::vector<std::uint32_t>{p.root});
}

}  // namespace
}  // namespace byteformer
