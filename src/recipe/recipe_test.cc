#include "recipe/recipe.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "byteformer/error.h"

namespace byteformer {
namespace {

std::string error_of(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  try {
    parse_recipe(yaml, "r.yaml", overrides);
  } catch (const ConfigError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error for " << yaml;
  return "";
}

TEST(Recipe, ReadsTheReferencesNestedKeys) {
  const Recipe r = parse_recipe(
      "optim:\n  weight_decay: 0.1\n  adamw:\n    beta2: 0.98\nmodel:\n  classification:\n    "
      "byteformer:\n      mode: small\n      conv_kernel_size: 8\n"
      "      window_sizes: [32]\nema: {enable: false}\n",
      "r.yaml");
  EXPECT_EQ(r.optim.weight_decay, 0.1);
  EXPECT_EQ(r.optim.beta2, 0.98);
  EXPECT_EQ(r.model.width, 384U);
  EXPECT_EQ(r.model.kernel_size, 8U);
  EXPECT_EQ(r.model.windows, std::vector<std::size_t>(12, 32));
  EXPECT_FALSE(r.ema.enable);
}

TEST(Recipe, WrittenAndReadAgainIsTheSame) {
  const std::string first = to_yaml(
      parse_recipe("", "defaults",
                   {"model.classification.byteformer.layers=5", "dataset.root_train='a: b #c'",
                    "scheduler.cosine.max_lr=0.00012345678901234567"}));
  EXPECT_EQ(to_yaml(parse_recipe(first, "again")), first);
}

TEST(Recipe, TheLastOverrideWins) {
  EXPECT_EQ(parse_recipe("common: {seed: 1}", "r", {"common.seed=2", "common.seed=3"}).common.seed,
            3U);
}

TEST(Recipe, AFreeWidthSetsHeadsAndFfn) {
  const Recipe r = parse_recipe(
      "", "r",
      {"model.classification.byteformer.width=128", "model.classification.byteformer.layers=8"});
  EXPECT_EQ(r.model.heads, 2U);
  EXPECT_EQ(r.model.ffn, 512U);
  EXPECT_EQ(r.model.shifts.size(), 8U);
}

TEST(Recipe, AnUnknownKeyIsNamedWithItsLineAndTheNearestOne) {
  const std::string text = error_of("common:\n  seed: 1\noptim:\n  weight_decoy: 0.1\n");
  EXPECT_NE(text.find("r.yaml:4"), std::string::npos) << text;
  EXPECT_NE(text.find("optim.weight_decay"), std::string::npos) << text;
  EXPECT_NE(error_of("", {"max_epoch=3"}).find("scheduler.max_epochs"), std::string::npos);
}

TEST(Recipe, IllTypedValuesSayWhatIsAllowed) {
  EXPECT_NE(error_of("ema: {enable: maybe}").find("true or false"), std::string::npos);
  EXPECT_NE(error_of("scheduler: {max_epochs: 0}").find("from 1"), std::string::npos);
  EXPECT_NE(error_of("scheduler: {max_epochs: 3.5}").find("whole number"), std::string::npos);
  EXPECT_NE(error_of("optim: {weight_decay: .nan}").find("a number"), std::string::npos);
  EXPECT_NE(error_of("optim: {weight_decay: [1]}").find("list"), std::string::npos);
  EXPECT_NE(error_of("optim: 5").find("optim"), std::string::npos);
  EXPECT_NE(error_of("dataset: {input: '[]'}").find("JSON object"), std::string::npos);
}

TEST(Recipe, FalseIsFalse) {
  EXPECT_FALSE(parse_recipe("common: {mixed_precision: False}", "r").common.bf16);
  EXPECT_TRUE(parse_recipe("common: {mixed_precision: true}", "r").common.bf16);
}

TEST(Recipe, ImpossibleArchitecturesAreRefused) {
  EXPECT_NE(error_of("", {"model.classification.byteformer.conv_kernel_size=1"}).find("at least 2"),
            std::string::npos);
  EXPECT_NE(error_of("", {"model.classification.byteformer.width=100"}).find("multiple of 64"),
            std::string::npos);
  EXPECT_NE(error_of("", {"model.classification.byteformer.window_sizes=[1, 2]"}).find("2 entries"),
            std::string::npos);
  EXPECT_NE(error_of("", {"model.classification.byteformer.mode=gigantic"}).find("tiny"),
            std::string::npos);
}

TEST(Recipe, HostileTextsAreErrors) {
  const std::vector<std::string> texts = {std::string(100000, '['),
                                          std::string(100000, '-'),
                                          "a: &x {b: *x}",
                                          "a: b: c",
                                          "- list",
                                          std::string("a\0b: 1", 6),
                                          std::string(2 << 20, '#') + "\n",
                                          "{",
                                          "common: {seed: 1}\ncommon: {seed: 2}"};
  for (const std::string& text : texts) EXPECT_FALSE(error_of(text).empty());
}

TEST(Recipe, TooManyLayersAreRefusedBeforeTheyAreAllocated) {
  EXPECT_NE(error_of("", {"model.classification.byteformer.layers=100000000000000"}).find("1024"),
            std::string::npos);
}

TEST(Recipe, AFolderIsNoRecipe) { EXPECT_THROW(load_recipe(BYTEFORMER_SOURCE), IoError); }

TEST(Recipe, ASecondDocumentIsNotDroppedInSilence) {
  EXPECT_NE(error_of("common: {seed: 1}\n---\ncommon: {sed: 2}\n").find("r.yaml:2: a second"),
            std::string::npos);
}

// To yaml-cpp it begins documents without end, which would fill the memory.
TEST(Recipe, ACommaThatBelongsToNothingIsAnError) {
  for (const char* text : {",", "a: 1\n   , b\n", "common: {seed: 1}\n--- ,"})
    EXPECT_NE(error_of(text), "") << text;
  EXPECT_NE(error_of("", {"common.seed=,"}).find("the override common.seed=,"), std::string::npos);
  EXPECT_NE(error_of("", {"common.seed=,"}).find("comma"), std::string::npos);
}

TEST(Recipe, OverridesNeedAValue) {
  EXPECT_NE(error_of("", {"common.seed"}).find("key=value"), std::string::npos);
}

TEST(Recipe, EveryRecipeOfConfigsIsValid) {
  std::size_t held = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(BYTEFORMER_SOURCE) + "/configs")) {
    EXPECT_NO_THROW(load_recipe(entry.path().string())) << entry.path();
    ++held;
  }
  EXPECT_GE(held, 2U);
}

TEST(Recipe, TheHelpNamesEveryKeyThatIsWritten) {
  EXPECT_NE(recipe_help().find("scheduler.cosine.max_lr"), std::string::npos);
  EXPECT_NE(recipe_help().find("embedding_init"), std::string::npos);
}

}  // namespace
}  // namespace byteformer
