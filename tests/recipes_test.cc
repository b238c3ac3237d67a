// Some recipes of the reference from the first step to the name of a file, with a narrow model so
// that it takes a moment. all_recipes_test.cc has all of them as they are.
#include <cmath>

#include "tests/recipe_run.h"

namespace byteformer {
namespace {

class SomeRecipes : public testing::TestWithParam<std::string> {};

TEST_P(SomeRecipes, TrainsEvaluatesConvertsAndNamesAFile) {
  if (reference_recipes().empty()) {
    ASSERT_EQ(std::getenv("BYTEFORMER_REQUIRE_SHARED"), nullptr) << "no recipes in ../shared";
    GTEST_SKIP() << "the reference's recipes are not there";
  }
  const TemporaryFolder folder;
  const RecipeRun run = run_recipe(folder, GetParam(), 2,
                                   "model.classification.byteformer.embed_dim=64 "
                                   "model.classification.byteformer.n_attn_heads=1 "
                                   "model.classification.byteformer.n_transformer_layers=2 "
                                   "model.classification.byteformer.ffn_dim=64 "
                                   "model.classification.byteformer.max_num_tokens=15000 "
                                   "model.classification.byteformer.window_shifts=[0,64] "
                                   "model.classification.byteformer.downsample=[true,true] "
                                   "scheduler.cosine.max_lr=1e-4 scheduler.cosine.min_lr=1e-4",
                                   60);
  ASSERT_EQ(run.error, "");
  ASSERT_EQ(run.history.size(), 2U);
  EXPECT_TRUE(std::isfinite(run.history[1].train_loss));
  EXPECT_LT(run.still_history.back().train_loss, run.still_history.front().train_loss);
  EXPECT_EQ(run.evaluated["failed"], 0);
  EXPECT_TRUE(run.predicted["label"].is_string()) << run.predicted;
}

INSTANTIATE_TEST_SUITE_P(
    , SomeRecipes,
    testing::Values("imagenet_file_encodings/encoding_type=TIFF",
                    "imagenet_jpeg_shuffle_bytes/mode=window_shuffle",
                    "speech_commands_mp3/conv_kernel_size=4,window_size=[32]"));

}  // namespace
}  // namespace byteformer
