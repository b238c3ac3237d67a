#include "train/plan.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"
#include "model/geometry.h"

namespace byteformer {
namespace {

FolderFacts folder(std::size_t files, std::uint64_t bytes) {
  return {files, 10, std::vector<std::uint64_t>(files, bytes), {}};
}

// A machine on which a step takes as long as its model is large.
double seconds_by_size(const Recipe& recipe, std::size_t) {
  return 1e-6 * static_cast<double>(recipe.model.width * recipe.model.width * recipe.model.layers);
}

TEST(Plan, FitsItsScheduleIntoTheTime) {
  for (const std::size_t files : {500U, 5000U, 60000U})
    for (const double minutes : {1.0, 20.0, 200.0}) {
      const Plan plan = plan_for(folder(files, 2500), minutes, true, seconds_by_size);
      const Recipe& r = plan.recipe;
      const double steps = static_cast<double>(r.scheduler.max_epochs * files) /
                           static_cast<double>(r.data.batch),
                   seconds = seconds_by_size(r, 0) * steps;
      if (r.common.max_iterations == 0) {
        EXPECT_LE(seconds, minutes * 60) << files;
      }
      EXPECT_GE(plan.reasons.size(), 3U);
    }
}

// As real folders are: most files small, most bytes in a few large ones.
TEST(Plan, CountsTheTimeOfTheLongFilesToo) {
  FolderFacts facts = folder(5000, 500);
  for (std::size_t i = 4500; i < 5000; ++i) facts.bytes[i] = 9000;
  const auto seconds = [](const Recipe& recipe, std::size_t bytes) {
    return 1e-9 * static_cast<double>(recipe.model.width * recipe.data.batch * bytes);
  };
  const Plan plan = plan_for(facts, 1, true, seconds);
  double epoch = 0;
  for (const std::uint64_t bytes : facts.bytes)
    epoch += seconds(plan.recipe, bytes) / static_cast<double>(plan.recipe.data.batch);
  const double all = epoch * static_cast<double>(plan.recipe.scheduler.max_epochs);
  EXPECT_LT(all, 60);
  EXPECT_GT(all, 30) << "nor is time left unused";
}

TEST(Plan, TakesALargerModelForMoreTime) {
  const std::size_t hurried =
                        plan_for(folder(60000, 2500), 2, true, seconds_by_size).recipe.model.width,
                    patient = plan_for(folder(60000, 2500), 600, true, seconds_by_size)
                                  .recipe.model.width;
  EXPECT_LT(hurried, patient);
}

TEST(Plan, EndsWithinAnEpochWhereTheTimeIsShorter) {
  const Plan plan = plan_for(folder(1000000, 2500), 1, true, seconds_by_size);
  EXPECT_EQ(plan.recipe.scheduler.max_epochs, 1U);
  EXPECT_GT(plan.recipe.common.max_iterations, 0U);
  EXPECT_TRUE(plan.recipe.scheduler.per_step) << "its rate still goes down to the end";
}

TEST(Plan, CutsFilesThatWouldMakeTooManyTokensAndSaysSo) {
  FolderFacts facts = folder(1000, 3000);
  facts.bytes.back() = 50000000;
  const Plan plan = plan_for(facts, 20, true, seconds_by_size);
  EXPECT_LE(plan.recipe.model.max_tokens, 2048U);
  bool is_said = false;
  for (const std::string& reason : plan.reasons) is_said |= reason.find("50000000") != reason.npos;
  EXPECT_TRUE(is_said);
}

TEST(Plan, IsARecipeThatReadsBackAsItself) {
  FolderFacts facts = folder(3000, 7000);
  facts.wav_rate = 8000;
  const Recipe recipe = plan_for(facts, 20, false, seconds_by_size).recipe;
  EXPECT_EQ(to_yaml(parse_recipe(to_yaml(recipe), "the plan")), to_yaml(recipe));
  EXPECT_GT(recipe.augmentation.wav.speed, 0);
  EXPECT_NE(recipe.data.input.find("8000"), std::string::npos);
}

TEST(Plan, NeedsTwoClasses) {
  FolderFacts facts = folder(10, 100);
  facts.classes = 1;
  EXPECT_THROW(plan_for(facts, 20, true, seconds_by_size), UsageError);
}

TEST(Plan, TimesARealStep) {
  Recipe recipe = plan_for(folder(100, 300), 1, false, seconds_by_size).recipe;
  recipe.model.classes = 10;
  const double seconds = measured_step_seconds(recipe, 300, 1, "cpu");
  EXPECT_GT(seconds, 0);
  EXPECT_LT(seconds, 60);
}

}  // namespace
}  // namespace byteformer
