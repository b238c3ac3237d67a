#include "recipe/override_kwargs.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"

namespace byteformer {
namespace {

using Words = std::vector<std::string>;

TEST(OverrideKwargs, AreTakenUpToTheNextOption) {
  Words words = {"a=1",    "--common.override-kwargs", "b.c=2", "d=3,4", "--config",
                 "x.yaml", "--common.override-kwargs", "e=5"};
  EXPECT_EQ(take_override_kwargs(words), (Words{"b.c=2", "d=3,4", "e=5"}));
  EXPECT_EQ(words, (Words{"a=1", "--config", "x.yaml"}));
}

TEST(OverrideKwargs, LeaveOtherCommandLinesAlone) {
  Words words = {"--config", "x.yaml", "a=1"};
  EXPECT_TRUE(take_override_kwargs(words).empty());
  EXPECT_EQ(words.size(), 3U);
}

TEST(OverrideKwargs, NeedAValue) {
  Words words = {"--common.override-kwargs", "b.c"};
  EXPECT_THROW(take_override_kwargs(words), UsageError);
}

}  // namespace
}  // namespace byteformer
