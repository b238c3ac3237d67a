// The commands where the world around them is strange: folders that change, clocks, locales and
// temporary folders, no home, a disk that is read-only.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/shell.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

using nlohmann::json;

class UnluckyWorlds : public testing::Test {
 protected:
  void SetUp() override {
    save_model(folder_.path() / "model", tiny_model());
    folder_.write("data/apple/1", "one file");
    folder_.write("data/pear/2", "another file");
  }

  ShellOutcome run(const std::string& line, int seconds = 60) const {
    return run_bash(folder_, "BF='" BYTEFORMER_BIN "/byteformer'\n" + line, seconds);
  }

  TemporaryFolder folder_;
};

TEST_F(UnluckyWorlds, NothingDependsOnLocaleClockHomeOrTemporaryFolder) {
  const std::string usual = run("$BF predict model data --logits").out;
  ASSERT_FALSE(usual.empty());
  for (const char* world :
       {"env -i", "env LC_ALL=tr_TR.UTF-8", "env LC_ALL=de_DE.UTF-8 LANG=xx", "env LC_ALL=C",
        "env TZ=Nowhere/Never", "env TMPDIR=/nowhere/at/all", "env HOME=/nowhere",
        "env HOME=", "env -u PATH", "env COLUMNS=0 TERM=none"}) {
    const ShellOutcome o = run(std::string(world) + " $BF predict model data --logits");
    EXPECT_EQ(o.status, 0) << world << o.err;
    EXPECT_EQ(o.out, usual) << world;
    EXPECT_EQ(run(std::string(world) + " $BF eval model --data data --json --no-report").status, 0)
        << world;
  }
}

TEST_F(UnluckyWorlds, FilesOfTheYearNineteenHundredAndOfTheFarFutureAreFiles) {
  const std::string usual = run("$BF predict model data").out;
  EXPECT_EQ(run("touch -d 1902-01-01 data/apple/1; touch -d 2400-01-01 data/pear data/pear/2; "
                "$BF predict model data")
                .out,
            usual);
}

TEST_F(UnluckyWorlds, AFolderThatChangesWhileItIsWalkedGivesWholeRecords) {
  for (int i = 0; i < 300; ++i) folder_.write("data/plum/" + std::to_string(i), "a plum");
  std::atomic<bool> is_over = false;
  std::thread world([&] {
    for (int i = 0; !is_over; ++i) {
      const std::filesystem::path plums = folder_.path() / "data/plum";
      std::error_code ignored;
      std::filesystem::remove(plums / std::to_string(i % 300), ignored);
      folder_.write("data/plum/new/" + std::to_string(i % 50), "a new one");
      if (i % 40 == 0) std::filesystem::remove_all(plums / "new", ignored);
      std::filesystem::rename(plums / std::to_string((i + 1) % 300),
                              plums / ("moved" + std::to_string(i % 9)), ignored);
    }
  });
  for (int i = 0; i < 5; ++i) {
    const ShellOutcome o = run("$BF predict model data");
    EXPECT_TRUE(o.status == 0 || o.status == 1) << o.status << o.err;
    std::istringstream lines(o.out);
    for (std::string line; std::getline(lines, line);) {
      const json record = json::parse(line, nullptr, false);
      ASSERT_TRUE(record.is_object() && record.contains("path")) << line;
      ASSERT_NE(record.contains("label"), record.contains("error")) << line;
    }
  }
  is_over = true;
  world.join();
}

TEST_F(UnluckyWorlds, AReadOnlyDiskIsEnoughToReadFromAndIsSaidWhereItIsToBeWritten) {
  const std::string read_only =
      "unshare --mount bash -c 'mount --bind . . && mount -o remount,bind,ro . && cd \"$PWD\" && ";
  if (run(read_only + "true'").status != 0) GTEST_SKIP() << "needs root and mounts";
  const std::string program = BYTEFORMER_BIN "/byteformer";
  const ShellOutcome predicted = run(read_only + program + " predict model data'");
  EXPECT_EQ(predicted.status, 0) << predicted.err;
  EXPECT_EQ(run(read_only + program + " eval model --data data --no-report'").status, 0);
  EXPECT_EQ(run(read_only + program + " inspect model --check'").status, 0);
  for (const char* writes :
       {" eval model --data data --report page.html", " obfuscate --make-key key"}) {
    const ShellOutcome o = run(read_only + program + writes + "'");
    EXPECT_NE(o.status, 0) << writes;
    EXPECT_NE(o.err.find("Read-only"), std::string::npos) << writes << ": " << o.err;
  }
}

class ManyRuns : public UnluckyWorlds {};

// Half of the processors' time goes to somebody else meanwhile; a run that hangs at its exit ends
// by timeout(1), whose status is 124.
TEST_F(ManyRuns, AThousandShortRunsUnderLoadAllEnd) {
  const ShellOutcome o =
      run("for i in 1 2; do (while :; do :; done) & load=\"$load $!\"; done; failed=0\n"
          "for i in $(seq 1000); do timeout 20 $BF predict model data --threads 4 >out || "
          "{ failed=$((failed + 1)); echo \"run $i: $?\" >&2; }\n"
          "[ $(wc -l <out) = 2 ] || failed=$((failed + 1)); done\n"
          "kill $load; echo $failed",
          3000);
  EXPECT_EQ(o.out, "0\n") << o.err;
}

// The most memory of a child so far, in KiB.
long peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return usage.ru_maxrss;
}

TEST_F(ManyRuns, AHundredThousandFilesInOneCallNeedLittleMoreMemoryThanAThousand) {
  for (int i = 0; i < 1000; ++i) folder_.write("few/" + std::to_string(i), "a file");
  for (int i = 0; i < 100000; ++i)
    folder_.write("many/" + std::to_string(i / 1000) + "/" + std::to_string(i), "a file");
  EXPECT_EQ(run("$BF predict model few --threads 2 | wc -l").out, "1000\n");
  const long few = peak_kilobytes();
  EXPECT_EQ(run("$BF predict model many --threads 2 | wc -l", 600).out, "100000\n");
  EXPECT_LT(peak_kilobytes() - few, 8 * 1024) << "KiB, beside " << few;
}

}  // namespace
}  // namespace byteformer
