// Documents name the test that holds what they say; a name that no test has is a promise that
// nobody keeps.
#include <fnmatch.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Tests {
  std::set<std::string> names;       // Suite.Name
  std::set<std::string> parameters;  // suites of TEST_P: the ends of their names are values
};

Tests tests_of(const fs::path& root) {
  static const std::regex test(R"(\bTEST(_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  Tests tests;
  for (const char* folder : {"src", "tests"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.path().filename().string().ends_with("_test.cc")) continue;
      const std::string text = text_of(entry.path());
      for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it) {
        tests.names.insert((*it)[2].str() + "." + (*it)[3].str());
        if ((*it)[1] == "_P") tests.parameters.insert((*it)[2]);
      }
    }
  return tests;
}

// The tests that a text names, as `Suite.Name`, with * for any letters.
std::set<std::string> named_in(const std::string& text) {
  static const std::regex name(R"(`([A-Z]\w+\.[A-Z*][\w*]*)`)");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it)
    names.insert((*it)[1]);
  return names;
}

bool exists(const std::string& pattern, const Tests& tests) {
  return tests.parameters.contains(pattern.substr(0, pattern.find('.'))) ||
         std::any_of(tests.names.begin(), tests.names.end(), [&](const std::string& name) {
           return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
         });
}

TEST(NamedTests, ExistWhereverADocumentNamesThem) {
  const fs::path root = BYTEFORMER_SOURCE;
  const Tests tests = tests_of(root);
  std::size_t named = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() != ".md") continue;
    for (const std::string& name : named_in(text_of(entry.path()))) {
      EXPECT_TRUE(exists(name, tests)) << entry.path() << " names the test " << name;
      ++named;
    }
  }
  EXPECT_GT(named, 40U);
}

TEST(NamedTests, RecordedCasesThatTheReferencePageNamesAreThere) {
  const fs::path root = BYTEFORMER_SOURCE;
  const std::string page = text_of(root / "docs/reference.md"),
                    cases = text_of(root / "tests/golden/model/cases.json");
  static const std::regex name(R"(`(trap\.\w+)\*?`)");
  std::size_t named = 0;
  for (std::sregex_iterator it(page.begin(), page.end(), name), end; it != end; ++it, ++named)
    EXPECT_NE(cases.find('"' + (*it)[1].str()), std::string::npos) << (*it)[1];
  EXPECT_GT(named, 3U);
}

TEST(NamedTests, ANameThatNoTestHasIsFound) {
  const Tests tests = tests_of(BYTEFORMER_SOURCE);
  EXPECT_FALSE(exists("NamedTests.NobodyWroteThis", tests));
  EXPECT_FALSE(exists("Nobody.*", tests));
  EXPECT_TRUE(exists("NamedTests.ANameThat*", tests));
}

}  // namespace
