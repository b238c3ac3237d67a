// The commands where the world around them is strange: folders that change, clocks, locales and
// temporary folders, no home, no standard streams, a disk that is read-only.
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

// A command line of byteformer, which may make something below made/, where a copy of the model is.
struct Command {
  std::string line;
  std::string makes = "";  // empty: it only reads
  bool repeats = true;     // what it prints and makes is the same each time
  std::string reads = "";  // from standard input; empty: nothing
  std::string with = "";   // what it is started by

  std::string typed(const std::string& streams = "") const {
    return with + " $BF " + line + streams + (reads.empty() ? "" : " <" + reads);
  }
};

#ifdef BYTEFORMER_HAS_TRAIN
const std::string kTraining =
    " --data data --output made/run model.classification.byteformer.width=64 "
    "model.classification.byteformer.layers=1 model.classification.byteformer.max_num_tokens=100 "
    "model.classification.byteformer.conv_kernel_size=4 dataset.train_batch_size0=2 "
    "dataset.validation_share=0 scheduler.warmup_iterations=1 scheduler.max_epochs=1";
#endif

const std::vector<Command> kEveryCommand = {
    {"--version"},
    {"predict model data --logits"},
    {"predict model --encode photo.ppm --logits"},
    {.line = "predict model - --logits", .reads = "data/apple/1"},
    {"predict model --files-from list --logits"},
    {.line = "predict model --files-from - --logits", .reads = "list"},
    {"eval model --data data --no-report"},
    {"eval model --data data --report made/page.html", "made/page.html"},
    {"eval --config recipe.yaml dataset.root_val=photos --no-report "
     "model.classification.pretrained=model"},
    {"eval made/model --data plums --calibrate --no-report", "made/model"},
    {.line = "eval made/model --data plums --precision int8 --record --no-report",
     .makes = "made/model",
     .with = "env BYTEFORMER_KERNELS=plain"},  // it has int8 on any processor
    {"inspect model --check"},
    {"inspect recipe.yaml --bytes 100"},
    {"inspect model --embeddings made/page.html", "made/page.html"},
    {"bench model --bytes 64 --runs 1", "", false},
    {"encode --model model photo.ppm --output made/encoded", "made/encoded"},
    {"convert model --output made/weights.pt", "made/weights.pt"},
    {"convert weights.pt --config recipe.yaml --output made/converted", "made/converted"},
    {"obfuscate --make-key made/key", "made/key", false},
    {"obfuscate --key key --model model --output made/keyed", "made/keyed"},
    {"obfuscate --key key data/apple/1 --output made/hidden", "made/hidden"},
#ifdef BYTEFORMER_HAS_TRAIN
    {"train --print-recipe"},
    {"train --threads 1" + kTraining, "made/run/model/model.safetensors"},
    {"train --processes 2 --threads 1" + kTraining, "made/run/model/model.safetensors"},
#endif
};

class EveryCommand : public UnluckyWorlds {
 protected:
  void SetUp() override {
    const std::string recipe =
        "dataset: {name: imagenet}\n"
        "image_augmentation:\n"
        "  resize: {enable: true, size: 5, interpolation: bicubic}\n"
        "  center_crop: {enable: true, size: 5}\n"
        "  pil_save: {enable: true, file_encoding: fHWC}\n"
        "model: {classification: {n_classes: 3, byteformer: {width: 64, layers: 2, ffn: 64, "
        "conv_kernel_size: 4, window_sizes: [8], window_shifts: [0, 4], downsample: [true, false], "
        "max_num_tokens: 50, masking: reference}}}\n";
    ModelDirectory model = tiny_model();
    model.config.masking = Masking::kReference;
    model.training = json{{"recipe", recipe}}.dump();
    save_model(folder_.path() / "model", model);
    folder_.write("recipe.yaml", recipe);
    folder_.write("data/apple/1", "one file");
    folder_.write("data/pear/2", "another file");
    folder_.write("list", "data/pear/2\ndata/apple/1\n");
    for (int i = 0; i < 1000; ++i)  // as many as `eval --record` asks for
      folder_.write("plums/plum/" + std::to_string(i), std::to_string(i));
    const std::string photo = "P6\n6 6\n255\n" + std::string(3 * 6 * 6, 'p');
    folder_.write("photo.ppm", photo);
    for (const char* fruit : {"apple", "pear", "plum"})
      folder_.write("photos/" + std::string(fruit) + "/1.ppm", photo);
    const ShellOutcome o =
        run("$BF convert model --output weights.pt && $BF obfuscate --make-key key");
    ASSERT_EQ(o.status, 0) << o.err;
  }

  static constexpr const char* kMadeAnew = "rm -rf made && mkdir made && cp -r model made\n";

  // What a command in this world prints, and the names and bytes of all that it makes.
  ShellOutcome outcome(const std::string& world, const Command& command,
                       const std::string& streams = "") const {
    return run(kMadeAnew + world + " " + command.typed(streams) + " || exit $?\n[ -z '" +
               command.makes + "' ] || (find " + command.makes +
               " -type f | LC_ALL=C sort | while read -r f; do echo \"$f\"; cat \"$f\"; done)");
  }

  void expect_the_usual_in(const std::vector<std::string>& worlds) const {
    for (const Command& command : kEveryCommand) {
      const ShellOutcome usual = outcome("", command);
      EXPECT_EQ(usual.status, 0) << command.line << ": " << usual.err;
      EXPECT_FALSE(usual.out.empty()) << command.line;
      for (const std::string& world : worlds) {
        const ShellOutcome o = outcome(world, command);
        EXPECT_EQ(o.status, 0) << world << " $BF " << command.line << ": " << o.err;
        if (command.repeats) {
          EXPECT_EQ(o.out, usual.out) << world << " $BF " << command.line;
        }
      }
    }
  }
};

TEST_F(EveryCommand, DependsOnNoHomeTemporaryFolderTimeZoneOrUptime) {
  std::vector<std::string> worlds = {"env -i TMPDIR=/nowhere/at/all",
                                     "env -u HOME -u PATH TZ=Nowhere/Never COLUMNS=0 TERM=none",
                                     "env HOME=/nowhere LC_ALL=no_SUCH LANG=xx"};
  // A machine that has been up for a century.
  const std::string old = "unshare --time --monotonic 3000000000 --boottime 3000000000";
  if (run(old + " true").status == 0) worlds.push_back(old);
  expect_the_usual_in(worlds);
}

TEST_F(EveryCommand, DoesTheSameInALocaleOfDecimalCommasOrTurkishCase) {
  if (run("mkdir locales && localedef -i de_DE -f UTF-8 locales/de && "
          "localedef -i tr_TR -f UTF-8 locales/tr",
          300)
          .status != 0)
    GTEST_SKIP() << "needs localedef and the sources of locales";
  const std::string german = "env LOCPATH=\"$PWD/locales\" LC_ALL=de",
                    turkish = "env LOCPATH=\"$PWD/locales\" LC_ALL=tr";
  ASSERT_EQ(run(german + " bash -c 'printf %.2f 1,5'").out, "1,50");
  ASSERT_EQ(run(turkish + " bash -c 'i=i; printf %s ${i^}'").out, "\u0130");
  expect_the_usual_in({german, turkish});
}

TEST_F(EveryCommand, DoesTheSameWhereTheWallClockJumpsBetweenCenturies) {
  const std::string jumps = "env LD_PRELOAD='" BYTEFORMER_JUMPING_CLOCK
                            "' ASAN_OPTIONS=\"${ASAN_OPTIONS-}:verify_asan_link_order=0\"";
  ASSERT_EQ(run(jumps + " bash -c 'for i in 1 2 3; do printf \"%(%Y)T\\n\" -1; done' | sort").out,
            "1970\n1999\n2100\n");
  // byteformer may be static, but the programs that it starts are not.
  for (const Command& command : kEveryCommand)
    if (command.line.starts_with("train") || command.line.starts_with("encode")) {
      EXPECT_NE(run(kMadeAnew + jumps + " LD_DEBUG=libs" + command.typed() +
                    " 2>&1 | grep -c 'calling init: " BYTEFORMER_JUMPING_CLOCK "'")
                    .out,
                "0\n")
          << command.line;
    }
  expect_the_usual_in({jumps});
}

// A file that is opened then would have the number of a stream, and what is said would be written
// into it; and nothing that is said may end the work because it cannot be said.
TEST_F(EveryCommand, DoesTheSameWhereStreamsAreClosedOrTheLogsDiskIsFull) {
  for (const Command& command : kEveryCommand) {
    if (!command.repeats) continue;
    const ShellOutcome usual = outcome("", command);
    for (const char* streams : {" <&- 2>&-", " 2>/dev/full"}) {
      const ShellOutcome o = outcome("", command, streams);
      EXPECT_EQ(o.status, 0) << command.line << streams;
      EXPECT_EQ(o.out, usual.out) << command.line << streams;
    }
  }
  EXPECT_EQ(run("$BF predict model data >&-").status, 1) << "its answer is lost";
}

#ifdef BYTEFORMER_HAS_TRAIN
// As a cluster's launcher starts it, without byteformer before it.
TEST_F(EveryCommand, TrainingGoesOnWhereNobodyReadsWhatItSays) {
  const ShellOutcome o =
      run("mkdir made; exec 9> >(:); wait $!\n'" BYTEFORMER_BIN "/byteformer-train' --threads 1" +
          kTraining + " 2>&9 && ls made/run/model/model.safetensors");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.out, "made/run/model/model.safetensors\n") << o.err;
}
#endif

TEST_F(EveryCommand, OnAReadOnlyDiskReadsAndSaysWhereItMayNotWrite) {
  // The whole disk, in a mount namespace of its own; with room: but for made/.
  const std::string bind = "mount --bind . . && cd \"$PWD\" && ",
                    room = "mount --bind made made && ",
                    read_only = "mount -o remount,bind,ro . && mount -o remount,bind,ro / && ";
  const auto world = [&](const std::string& mounts, const std::string& line) {
    return run(kMadeAnew + std::string("unshare --mount bash -c '") + mounts + "'\"" + line + "\"");
  };
  if (world(bind + room + read_only, "true").status != 0) GTEST_SKIP() << "needs root and mounts";
  for (const Command& command : kEveryCommand) {
    const ShellOutcome o = world(bind + read_only, command.typed()),
                       with_room = world(bind + room + read_only, command.typed());
    EXPECT_EQ(with_room.status, 0) << command.line << ": " << with_room.err;
    if (command.makes.empty()) {
      EXPECT_EQ(o.status, 0) << command.line << ": " << o.err;
    } else {
      EXPECT_TRUE(o.status == 1 || o.status == 2) << command.line << ": " << o.status;
      EXPECT_NE(o.err.find("Read-only"), std::string::npos) << command.line << ": " << o.err;
      EXPECT_NE(o.err.find("made/"), std::string::npos) << command.line << ": " << o.err;
    }
  }
}

// A checkpoint of the reference is converted on the way, into a temporary folder.
TEST_F(EveryCommand, ATemporaryFolderThatIsNotThereIsNamedWhereOneIsNeeded) {
  const std::string eval =
      " $BF eval --config recipe.yaml dataset.root_val=photos --no-report "
      "model.classification.pretrained=weights.pt";
  EXPECT_EQ(run(eval).status, 0);
  const ShellOutcome o = run("TMPDIR=/nowhere/at/all" + eval);
  EXPECT_EQ(o.status, 2);
  EXPECT_NE(o.err.find("/nowhere/at/all"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("Set TMPDIR"), std::string::npos) << o.err;
}

class ManyRuns : public EveryCommand {};

// Half of the processors' time goes to somebody else meanwhile; a run that hangs at its exit ends
// by timeout(1), whose status is 124. Every other run has a codec in a process of its own.
TEST_F(ManyRuns, AThousandShortRunsUnderLoadAllEnd) {
  const ShellOutcome o =
      run("for i in 1 2; do (while :; do :; done) & load=\"$load $!\"; done\n"
          "for i in $(seq 500); do for input in 'data/apple/1' '--encode photo.ppm'; do "
          "timeout 20 $BF predict model $input --threads 4 >out; status=$?; "
          "echo \"$status $(wc -l <out) $input\"; done; done | sort | uniq -c\n"
          "kill $load",
          3000);
  EXPECT_EQ(o.out, "    500 0 1 --encode photo.ppm\n    500 0 1 data/apple/1\n") << o.err;
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
