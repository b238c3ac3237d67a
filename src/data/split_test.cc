#include <gtest/gtest.h>

#include <set>

#include "data/loader.h"

namespace byteformer {
namespace {

std::vector<Sample> samples(const std::string& root, int count) {
  std::vector<Sample> all;
  for (int c = 0; c < 2; ++c)
    for (int i = 0; i < count; ++i) {
      Sample s;
      s.name = root + (c == 0 ? "/a/" : "/b/") + std::to_string(i);
      s.class_index = static_cast<std::size_t>(c);
      all.push_back(s);
    }
  return all;
}

std::set<std::string> tails(const std::vector<Sample>& part) {
  std::set<std::string> names;
  for (const Sample& s : part)
    names.insert(s.name.substr(s.name.rfind('/', s.name.rfind('/') - 1)));
  return names;
}

TEST(Split, TakesAboutTheShareOfEachClass) {
  const auto [first, second] = split(samples("x", 1000), 0.1);
  EXPECT_EQ(first.size() + second.size(), 2000U);
  EXPECT_NEAR(static_cast<double>(second.size()), 200, 50);
}

TEST(Split, DoesNotDependOnWhereTheFolderLiesAndMovesNoFileWhenOthersCome) {
  const auto here = split(samples("x", 500), 0.2),
             there = split(samples("/some/where/else", 500), 0.2);
  EXPECT_EQ(tails(here.second), tails(there.second));
  const std::set<std::string> more = tails(split(samples("x", 600), 0.2).second);
  for (const std::string& name : tails(here.second)) EXPECT_TRUE(more.contains(name)) << name;
}

TEST(Split, AnArchiveIsSplitLikeItsFolderWhateverItIsCalled) {
  const std::set<std::string> folder = tails(split(samples("x", 500), 0.2).second);
  for (const std::string archive : {"one.tar", "dir/two.tar"}) {
    std::vector<Sample> members = samples("", 500);
    for (Sample& s : members) {
      s.name = archive + ":" + s.name.substr(1);
      s.container = archive;
      s.in_tar = true;
    }
    std::set<std::string> names;
    for (const Sample& s : split(members, 0.2).second)
      names.insert("/" + s.name.substr(archive.size() + 1));
    EXPECT_EQ(names, folder) << archive;
  }
}

TEST(Split, AClassOfTwoFilesGivesOneToEachPart) {
  const auto [first, second] = split(samples("x", 2), 0.01);
  EXPECT_EQ(first.size(), 2U);
  EXPECT_EQ(second.size(), 2U);
}

TEST(Split, AShareOfZeroKeepsEverything) { EXPECT_TRUE(split(samples("x", 50), 0).second.empty()); }

}  // namespace
}  // namespace byteformer
