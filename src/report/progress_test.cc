#include "report/progress.h"

#include <gtest/gtest.h>

namespace byteformer {
namespace {

TEST(DurationText, UsesTheUnitsThatAPersonWould) {
  EXPECT_EQ(duration_text(0.4), "0 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(59.6), "1 min 00 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(2 * 3600 + 5 * 60), "2 h 05 min");
}

TEST(Progress, WritesWholeLinesWhereStderrIsNoTerminalTheLastOneAlways) {
  testing::internal::CaptureStderr();
  {
    Progress progress("epoch 1/2", 3);
    progress.show(1, "loss 2.0000");  // too soon to tell
    progress.show(3, "loss 1.0000");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "epoch 1/2 3/3 100 %  loss 1.0000\n");
}

}  // namespace
}  // namespace byteformer
