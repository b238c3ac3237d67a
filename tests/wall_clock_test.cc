// Reads src/ and include/ and fails where one of our sources names the wall clock: no result, file
// or name that we make may depend on the date. Durations are measured by steady clocks.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

namespace {

namespace fs = std::filesystem;

bool names_the_wall_clock(const std::string& line) {
  static const std::regex names(
      "\\b(system_clock|utc_clock|file_clock|CLOCK_REALTIME\\w*|CLOCK_TAI|timespec_get|ftime|"
      "gettimeofday|localtime\\w*|gmtime\\w*|strftime|put_time|asctime\\w*|ctime\\w*|"
      "last_write_time|__DATE__|__TIME__|__TIMESTAMP__)\\b|(^|[^.>\\w])time\\(");
  static const std::regex comment("(^|[^:])//.*");  // not what is behind an address
  return std::regex_search(std::regex_replace(line, comment, "$1"), names);
}

TEST(WallClock, IsNamedByNoSourceOfOurs) {
  std::size_t read = 0;
  for (const char* folder : {"src", "include"})
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(BYTEFORMER_SOURCE) / folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);)
        EXPECT_FALSE(names_the_wall_clock(line)) << entry.path() << ": " << line;
      ++read;
    }
  EXPECT_GT(read, 300U) << "the sources were not found";
}

TEST(WallClock, IsSeenUnderEachOfItsNamesAndSteadyClocksAreNot) {
  for (const char* line :
       {"auto now = std::chrono::system_clock::now();", "  ::gettimeofday(&now, nullptr);",
        "const auto seed = time(nullptr);", "seed(std::time(nullptr));", "#include <ctime>",
        "::clock_gettime(CLOCK_REALTIME, &now);", "std::localtime(&now)->tm_year",
        "fs::last_write_time(path)", "const char* built = __DATE__;"})
    EXPECT_TRUE(names_the_wall_clock(line)) << line;
  for (const char* line :
       {"std::chrono::steady_clock::now()", "// at the same time(s)", "const double time = 2;",
        "wait_time(3)", "clock_gettime(CLOCK_MONOTONIC, &now)", "  run.time(4)"})
    EXPECT_FALSE(names_the_wall_clock(line)) << line;
}

}  // namespace
