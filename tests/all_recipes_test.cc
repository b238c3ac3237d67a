// Every recipe of the reference, unchanged but for its data and its length, from the first step to
// the name of a file. Appends a row a recipe to recipes.md of the build folder.
#include <fmt/format.h>

#include <cmath>
#include <fstream>

#include "tests/recipe_run.h"

namespace byteformer {
namespace {

constexpr std::size_t kEpochs = 2;

class EveryRecipe : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryRecipe);

TEST_P(EveryRecipe, TrainsEvaluatesConvertsAndNamesAFile) {
  const TemporaryFolder folder;
  const RecipeRun run = run_recipe(folder, GetParam(), kEpochs, "", 3500);
  ASSERT_EQ(run.error, "");
  ASSERT_EQ(run.history.size(), kEpochs);
  for (const EpochRow& row : run.history) EXPECT_TRUE(std::isfinite(row.train_loss));
  const double first = run.still_history.front().train_loss,
               last = run.still_history.back().train_loss;
  EXPECT_LT(last, first);
  EXPECT_EQ(run.evaluated["failed"], 0);
  EXPECT_TRUE(run.predicted["label"].is_string()) << run.predicted;
  const double mega = 1e-6;
  std::ofstream table(BYTEFORMER_TABLE, std::ios::app);
  table.seekp(0, std::ios::end);
  if (table.tellp() == 0)
    table
        << "| recipe | parameters | bytes | tokens | MMAC | first loss | last loss | evaluation |\n"
           "|---|---|---|---|---|---|---|---|\n";
  table << fmt::format(
      "| {} | {} | {} | {} | {:.1f} | {:.3f} | {:.3f} | {:.3f}, {} of {} right |\n", GetParam(),
      run.inspected["parameters"].get<std::size_t>(), run.predicted["bytes"].get<std::size_t>(),
      run.predicted["tokens"].get<std::size_t>(),
      mega * run.inspected["macs_padded"]["total"].get<double>(), first, last,
      run.evaluated["loss"].get<double>(),
      std::lround(run.evaluated["top1"].get<double>() * run.evaluated["files"].get<double>()),
      run.evaluated["files"].get<std::size_t>());
}

INSTANTIATE_TEST_SUITE_P(, EveryRecipe, testing::ValuesIn(reference_recipes()),
                         [](const testing::TestParamInfo<std::string>& recipe) {
                           std::string name = recipe.param;
                           for (char& c : name)
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           return name;
                         });

TEST(AllRecipes, AreFortyFive) {
  if (reference_recipes().empty() && std::getenv("BYTEFORMER_REQUIRE_SHARED") == nullptr)
    GTEST_SKIP() << "the reference's recipes are not there";
  EXPECT_EQ(reference_recipes().size(), 45U);
}

}  // namespace
}  // namespace byteformer
