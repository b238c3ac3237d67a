#include "report/history.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"

namespace byteformer {
namespace {

TEST(History, WrittenAndReadAgainIsTheSame) {
  std::vector<EpochRow> rows(2);
  rows[0].train_loss = 1.0 / 3;
  rows[1].epoch = 1;
  rows[1].learning_rate = 1e-300;
  rows[1].seconds = 12345.678;
  const std::vector<EpochRow> again = parse_history_csv(history_csv(rows));
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].train_loss, rows[0].train_loss);
  EXPECT_EQ(again[1].learning_rate, 1e-300);
  EXPECT_EQ(again[1].epoch, 1U);
  EXPECT_TRUE(parse_history_csv(history_csv({})).empty());
}

TEST(History, DamageIsAnErrorWithItsLine) {
  EXPECT_THROW(parse_history_csv(""), FormatError);
  EXPECT_THROW(parse_history_csv("something,else\n"), FormatError);
  try {
    parse_history_csv(history_csv({}) + "0,1,x\n");
    FAIL() << "no error";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos);
  }
  std::string wide = history_csv({EpochRow{}});
  wide.insert(wide.size() - 1, ",7");
  EXPECT_THROW(parse_history_csv(wide), FormatError);
}

}  // namespace
}  // namespace byteformer
