#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "recipe/recipe.h"

namespace byteformer {
namespace {

TEST(LearningRate, IsTheReferencesAtEveryRecordedPoint) {
  std::ifstream in(std::string(BYTEFORMER_GOLDEN) + "/recipes/learning_rates.json");
  const nlohmann::json golden = nlohmann::json::parse(in);
  std::ifstream options_in(std::string(BYTEFORMER_GOLDEN) + "/recipes/resolved_options.json");
  const nlohmann::json options = nlohmann::json::parse(options_in);
  std::size_t held = 0;
  for (const auto& schedule : golden["schedules"]) {
    nlohmann::json o = options["common"];
    o.update(options["recipes"][schedule["recipes"][0].get<std::string>()]);
    Recipe::Scheduler s;
    s.max_epochs = o["scheduler.max_epochs"];
    s.warmup_iterations = o["scheduler.warmup_iterations"];
    s.warmup_init_lr = o["scheduler.warmup_init_lr"];
    s.max_lr = o["scheduler.cosine.max_lr"];
    s.min_lr = o["scheduler.cosine.min_lr"];
    for (const auto& row : schedule["rows"]) {
      s.round_rate = true;
      EXPECT_EQ(learning_rate(s, row[0], row[1]), row[2].get<double>()) << row;
      s.round_rate = false;
      EXPECT_NEAR(learning_rate(s, row[0], row[1]), row[3].get<double>(), 1e-15) << row;
      ++held;
    }
  }
  EXPECT_GT(held, 20U);
}

TEST(LearningRate, GoesDownWithinAnEpochWhereItIsGivenAFraction) {
  Recipe::Scheduler s;
  s.max_epochs = 1;
  s.warmup_iterations = 10;
  EXPECT_GT(learning_rate(s, 0.2, 20), learning_rate(s, 0.3, 30));
  EXPECT_NEAR(learning_rate(s, 0.5, 50), (s.max_lr + s.min_lr) / 2, 1e-8);
  EXPECT_NEAR(learning_rate(s, 1, 100), s.min_lr, 1e-8);
}

}  // namespace
}  // namespace byteformer
