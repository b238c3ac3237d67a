#include <gtest/gtest.h>

#include <set>

#include "data/loader.h"

namespace byteformer {
namespace {

SampleList samples(const Path& place, bool is_archive, int count) {
  SampleList all;
  all.add_place(place, is_archive);
  for (std::size_t c = 0; c < 2; ++c)
    for (int i = 0; i < count; ++i) all.add(0, (c == 0 ? "a/" : "b/") + std::to_string(i), 0, 0, c);
  return all;
}
SampleList samples(const Path& folder, int count) { return samples(folder, false, count); }

std::set<std::string> names(const SampleList& part) {
  std::set<std::string> all;
  for (std::size_t i = 0; i < part.size(); ++i) all.emplace(part.name_in_place(i));
  return all;
}

TEST(Split, TakesAboutTheShareOfEachClass) {
  const auto [first, second] = split(samples("x/", 1000), 0.1);
  EXPECT_EQ(first.size() + second.size(), 2000U);
  EXPECT_NEAR(static_cast<double>(second.size()), 200, 50);
}

TEST(Split, DoesNotDependOnWhereTheFolderLiesAndMovesNoFileWhenOthersCome) {
  const auto here = split(samples("x/", 500), 0.2),
             there = split(samples("/some/where/else/", 500), 0.2);
  EXPECT_EQ(names(here.second), names(there.second));
  const std::set<std::string> more = names(split(samples("x/", 600), 0.2).second);
  for (const std::string& name : names(here.second)) EXPECT_TRUE(more.contains(name)) << name;
}

TEST(Split, AnArchiveIsSplitLikeItsFolderWhateverItIsCalled) {
  const std::set<std::string> folder = names(split(samples("x/", 500), 0.2).second);
  for (const char* archive : {"one.tar", "dir/two.tar"})
    EXPECT_EQ(names(split(samples(archive, true, 500), 0.2).second), folder) << archive;
}

TEST(Split, AClassOfTwoFilesGivesOneToEachPart) {
  const auto [first, second] = split(samples("x/", 2), 0.01);
  EXPECT_EQ(first.size(), 2U);
  EXPECT_EQ(second.size(), 2U);
}

TEST(Split, AShareOfZeroKeepsEverything) {
  EXPECT_TRUE(split(samples("x/", 50), 0).second.empty());
}

}  // namespace
}  // namespace byteformer
