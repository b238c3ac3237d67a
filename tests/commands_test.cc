// The commands as a user runs them.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "files/name.h"
#include "model/model_directory.h"
#include "tests/odd_files.h"
#include "tests/shell.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

using nlohmann::json;

struct Outcome : ShellOutcome {
  std::vector<json> records() const {
    std::vector<json> all;
    std::istringstream in(out);
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
    return all;
  }
};

class Commands : public testing::Test {
 protected:
  void SetUp() override {
    save_model(folder_.path() / "model", tiny_model());
    folder_.write("data/apple/1", "one file");
    folder_.write("data/pear/2", "another file");
  }

  // `line` is a bash command line; BF is the program, the working folder is the temporary one.
  Outcome run(const std::string& line) const {
    return {run_bash(folder_, "BF='" BYTEFORMER_BIN "/byteformer'\n" + line)};
  }

  TemporaryFolder folder_;
};

TEST_F(Commands, PredictPrintsOneJsonRecordAnInputInOrder) {
  const Outcome o = run("$BF predict model data/pear/2 data --logits --top 2");
  EXPECT_EQ(o.status, 0) << o.err;
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0]["path"], "data/pear/2");
  EXPECT_EQ(records[1]["path"], "data/apple/1");
  EXPECT_EQ(records[0]["bytes"], 12);
  EXPECT_EQ(records[0]["tokens"], 5);
  EXPECT_EQ(records[0]["top"].size(), 2U);
  EXPECT_EQ(records[0]["logits"].size(), 3U);
  EXPECT_EQ(records[0]["label"], records[0]["top"][0]["label"]);
  EXPECT_EQ(records[0]["logits"], records[2]["logits"])
      << "the company of other files changes nothing";
}

TEST_F(Commands, ShardsShareTheInputsBetweenThemAndLoseNone) {
  for (int i = 3; i < 10; ++i) folder_.write("data/pear/" + std::to_string(i), "file");
  const Outcome all = run("$BF predict model data");
  ASSERT_EQ(all.records().size(), 9U);
  std::vector<json> merged(9);
  for (std::size_t shard = 1; shard <= 4; ++shard) {
    const Outcome o = run("$BF predict model data --shard " + std::to_string(shard) + "/4");
    EXPECT_EQ(o.status, 0) << o.err;
    for (std::size_t i = 0; i < o.records().size(); ++i)
      merged.at(4 * i + shard - 1) = o.records()[i];
  }
  EXPECT_EQ(merged, all.records());
  for (const char* wrong : {"0/4", "5/4", "1", "1/0", "a/b", "1/4x"}) {
    const Outcome o = run("$BF predict model data --shard " + std::string(wrong));
    EXPECT_EQ(o.status, 2) << wrong;
    EXPECT_NE(o.err.find("from 1 to N"), std::string::npos) << o.err;
  }
}

TEST_F(Commands, APrecisionIsUsedWhereItIsOfferedElseTheErrorListsWhatIs) {
  const Outcome plain = run("BYTEFORMER_KERNELS=plain $BF predict model data --precision int8");
  EXPECT_EQ(plain.status, 0) << plain.err;
  const Outcome none = run("BYTEFORMER_KERNELS=x86-64 $BF predict model data --precision bf16");
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("plain bf16"), std::string::npos) << none.err;
  const Outcome result = run(
      "BYTEFORMER_KERNELS=plain $BF eval model --data data --precision bf16 --json --no-report");
  EXPECT_EQ(json::parse(result.out)["precision"], "bf16") << result.err;
}

TEST_F(Commands, EvalRecordsAPrecisionInTheCardAndTheConfigOnce) {
  const std::string eval =
      "BYTEFORMER_KERNELS=plain $BF eval model --data data --no-report --json ";
  EXPECT_EQ(run(eval + "--record").status, 2) << "a reduced precision is not given";
  const Outcome few = run(eval + "--precision int8 --record");
  EXPECT_EQ(few.status, 2);
  EXPECT_NE(few.err.find("1000 or more"), std::string::npos) << few.err;
  EXPECT_EQ(json::parse(few.out)["files"], 2) << "the result comes first";

  for (int i = 0; i < 1000; ++i) folder_.write("data/plum/" + std::to_string(i), "a plum");
  folder_.write("model/LICENSE", "stays");
  const std::string golden = read_file(folder_.path() / "model/golden.safetensors");
  const Outcome twice =
      run(eval + "--precision int8 --record; " + eval + "--precision int8 --record");
  EXPECT_EQ(twice.status, 0) << twice.err;
  const ModelDirectory model = load_model(folder_.path() / "model");
  const std::size_t at = model.card.find("- Precision int8: ");
  ASSERT_NE(at, std::string::npos) << model.card;
  EXPECT_EQ(model.card.find("- Precision int8: ", at + 1), std::string::npos) << model.card;
  const bool is_same = model.card.find("; 0 labels differ") != std::string::npos;
  if (is_same) {
    EXPECT_EQ(model.equal_precisions.size(), 1U);
  }
  EXPECT_EQ(read_file(folder_.path() / "model/LICENSE"), "stays");
  EXPECT_EQ(read_file(folder_.path() / "model/golden.safetensors"), golden);
}

TEST_F(Commands, EvalCalibratesAndPredictSaysUnknownBelowTheThreshold) {
  for (int i = 0; i < 100; ++i)
    folder_.write("data/plum/" + std::to_string(i), "a plum of number " + std::to_string(i * i));
  for (int i = 0; i < 20; ++i)
    folder_.write("other/stone/" + std::to_string(i), std::string(80, static_cast<char>(i * 9)));
  const std::string eval = "$BF eval model --data data --json --report page.html ";
  const Outcome none = run(eval + "--foreign other");
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("--calibrate"), std::string::npos) << none.err;

  const Outcome twice = run(eval + "--calibrate --foreign other --keep 0.9 >first; " + eval +
                            "--calibrate --foreign other --keep 0.9");
  EXPECT_EQ(twice.status, 0) << twice.err;
  const json result = json::parse(twice.out);
  EXPECT_EQ(result["unknown"], 10) << "a tenth of 102, and no more";
  EXPECT_EQ(result["foreign"][0]["files"], 20);
  EXPECT_NE(read_file(folder_.path() / "page.html").find("before calibration"), std::string::npos);
  const ModelDirectory model = load_model(folder_.path() / "model");
  ASSERT_TRUE(model.unknown_threshold);
  EXPECT_EQ(model.temperature, result["temperature"]);
  EXPECT_EQ(model.card.find("- Calibration:"), model.card.rfind("- Calibration:"));

  std::size_t unknown = 0, let_through = 0;
  for (const json& r : run("$BF predict model data other").records()) {
    const bool is_unknown = r.contains("unknown");
    EXPECT_EQ(is_unknown, r["label"].is_null()) << r;
    EXPECT_EQ(is_unknown, r["probability"] < *model.unknown_threshold) << r;
    const bool is_foreign = r["path"].get<std::string>().starts_with("other");
    unknown += is_unknown && !is_foreign ? 1 : 0;
    let_through += !is_unknown && is_foreign ? 1 : 0;
  }
  EXPECT_EQ(unknown, 10U);
  EXPECT_EQ(let_through, result["foreign"][0]["let_through"]);
  EXPECT_EQ(json::parse(run(eval).out)["unknown"], 10) << "by what the model says of itself";
}

TEST_F(Commands, FewFilesAreNotEnoughToCalibrate) {
  const Outcome o = run("$BF eval model --data data --calibrate --no-report");
  EXPECT_EQ(o.status, 2);
  EXPECT_NE(o.err.find("100 or more"), std::string::npos) << o.err;
  EXPECT_FALSE(load_model(folder_.path() / "model").unknown_threshold);
}

TEST_F(Commands, TheProgramIsUnderEightMegabytes) {
#if !defined(NDEBUG) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "of a release build";
#endif
  EXPECT_LT(std::filesystem::file_size(BYTEFORMER_BIN "/byteformer"), 8'000'000U);
}

TEST_F(Commands, AFailedInputIsARecordAndTheRestGoesOn) {
  folder_.write("empty", "");
  folder_.write("long", std::string(104, 'x'));
  ASSERT_EQ(::symlink("itself", (folder_.path() / "itself").c_str()), 0);
  const Outcome o =
      run("$BF predict model empty missing long itself /dev/zero /proc/cpuinfo data/apple/1");
  EXPECT_EQ(o.status, 1);
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 7U);
  const char* kinds[] = {"empty", "vanished", "too_long", "loop", "special", "too_long"};
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(records[i]["error"]["kind"], kinds[i]) << records[i];
  EXPECT_NE(records[2]["error"]["message"].get<std::string>().find("51 tokens"), std::string::npos)
      << records[2];
  EXPECT_TRUE(records[6].contains("label"));
}

TEST_F(Commands, LongFilesAreCutWhereAsked) {
  folder_.write("long", std::string(300, 'x'));
  const Outcome o =
      run("$BF predict model long --long-files cut; yes | $BF predict model - --long-files cut");
  EXPECT_EQ(o.status, 0) << o.err;
  ASSERT_EQ(o.records().size(), 2U);
  EXPECT_EQ(o.records()[0]["tokens"], 50);
}

TEST_F(Commands, StreamsAreReadWhereGivenAndSkippedWhereMet) {
  ASSERT_EQ(::mkfifo((folder_.path() / "data/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink(".", (folder_.path() / "data/loop").c_str()), 0);
  const Outcome met = run("$BF predict model data");
  EXPECT_EQ(met.status, 0);
  EXPECT_EQ(met.records().size(), 2U);
  EXPECT_NE(met.err.find("data/fifo is a FIFO; skipped"), std::string::npos) << met.err;
  EXPECT_NE(met.err.find("data/loop is a link to a folder; not followed"), std::string::npos)
      << met.err;
  const Outcome given =
      run("(printf 'one file' > data/fifo) & $BF predict model data/fifo --logits; $BF predict "
          "model <(cat data/apple/1) --logits; cat data/apple/1 | $BF predict model - --logits; "
          "$BF predict model data/apple/1 --logits");
  EXPECT_EQ(given.status, 0) << given.err;
  const std::vector<json> records = given.records();
  ASSERT_EQ(records.size(), 4U);
  for (const json& r : records) EXPECT_EQ(r["logits"], records[0]["logits"]) << r["path"];
}

TEST_F(Commands, NamesAreNeverLostInAnyFormat) {
  folder_.write("names/new\nline", "x");
  folder_.write("names/caf\xE9", "x");
  folder_.write("names/quote\"comma,", "x");
  const Outcome lines = run("$BF predict model names --format jsonl");
  ASSERT_EQ(lines.records().size(), 3U);
  EXPECT_EQ(lines.records()[0]["path"], "names/caf\xEF\xBF\xBD");
  EXPECT_EQ(lines.records()[0]["path_bytes"], base64("names/caf\xE9"));
  EXPECT_EQ(lines.records()[1]["path"], "names/new\nline");
  EXPECT_FALSE(lines.records()[1].contains("path_bytes"));
  const std::string csv = run("$BF predict model names --format csv").out;
  EXPECT_NE(csv.find("path,label,probability,bytes,tokens,error\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\nnames/caf\xE9,"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\"names/new\nline\","), std::string::npos) << csv;
  EXPECT_NE(csv.find("\"names/quote\"\"comma,\","), std::string::npos) << csv;
  const std::string table = run("$BF predict model names --format table").out;
  EXPECT_NE(table.find("names/caf\\xE9"), std::string::npos) << table;
  EXPECT_NE(table.find("names/new\\nline"), std::string::npos) << table;
}

TEST_F(Commands, ANameThatBeginsWithADashFollowsTwoDashes) {
  folder_.write("-n", "x");
  EXPECT_EQ(run("$BF predict model -- -n").records().size(), 1U);
}

TEST_F(Commands, AClosedPipeEndsQuietly) {
  for (int i = 0; i < 300; ++i) folder_.write("many/" + std::to_string(i), std::string(100, 'x'));
  const Outcome o = run("$BF predict model many | head -1; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(o.records().size(), 1U);
  EXPECT_EQ(o.err, "");
  EXPECT_EQ(o.status, 0);
}

TEST_F(Commands, AFileThatVanishesAfterTheWalkSawItIsARecord) {
  // The records of the others fill the pipe, so the last file is gone before its turn comes.
  const std::string long_name(200, 'n');
  for (int i = 0; i < 400; ++i) folder_.write("many/" + long_name + std::to_string(i), "x");
  folder_.write("many/z", "x");
  const Outcome o =
      run("$BF predict model many --format jsonl | (read -r line; rm many/z; echo \"$line\"; cat); "
          "exit ${PIPESTATUS[0]}");
  EXPECT_EQ(o.status, 1) << o.err;
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 401U);
  EXPECT_EQ(records[400]["error"]["kind"], "vanished") << records[400];
}

TEST_F(Commands, ATerminalGetsATable) {
  if (std::system("command -v script >/dev/null") != 0) GTEST_SKIP() << "needs script(1)";
  const Outcome o = run("script -qec \"$BF predict model data\" /dev/null");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out.find('{'), std::string::npos) << o.out;
  EXPECT_NE(o.out.find("data/apple/1"), std::string::npos) << o.out;
}

TEST_F(Commands, ListsOfFilesAreSplitAtLinesOrNulBytes) {
  folder_.write("new\nline", "x");
  EXPECT_EQ(run("find data -type f | sort | $BF predict model --files-from -").records().size(),
            2U);
  EXPECT_EQ(run("find . -name 'new*' -print0 | $BF predict model --files-from - -0")
                .records()
                .at(0)["path"],
            "./new\nline");
}

TEST_F(Commands, WhatMayNotBeReadIsUnreadableAFolderToo) {
  if (::geteuid() != 0 || std::system("command -v setpriv >/dev/null") != 0)
    GTEST_SKIP() << "needs root and setpriv to become somebody else";
  folder_.write("secret", "x");
  folder_.write("tree/closed/x", "x");
  folder_.write("tree/open", "x");
  const Outcome o = run(
      "chmod 755 . ; chmod 0 secret tree/closed; cp $BF . ; setpriv --reuid 65534 --regid 65534 "
      "--clear-groups ./byteformer predict model secret tree");
  EXPECT_EQ(o.status, 1) << o.err;
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 3U) << o.out;
  EXPECT_EQ(records[0]["error"]["kind"], "unreadable");
  EXPECT_EQ(records[1]["path"], "tree/closed");
  EXPECT_EQ(records[1]["error"]["kind"], "unreadable");
  EXPECT_TRUE(records[2].contains("label"));
}

TEST_F(Commands, ASystemThatRefusesThreadsIsServedWithFewer) {
  if (::geteuid() != 0 || std::system("command -v setpriv >/dev/null") != 0)
    GTEST_SKIP() << "needs root and setpriv to become somebody else";
  const Outcome o =
      run("chmod 755 . ; cp $BF . ; prlimit --nproc=2 setpriv --reuid 65533 --regid 65533 "
          "--clear-groups ./byteformer predict model data --threads 64");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.records().size(), 2U);
}

TEST_F(Commands, EvalPrintsOneObjectAndLeavesAPage) {
  const Outcome o = run("$BF eval model --data data");
  EXPECT_EQ(o.status, 0) << o.err;
  const json result = json::parse(o.out);
  EXPECT_EQ(result["files"], 2);
  EXPECT_EQ(result["failed"], 0);
  EXPECT_EQ(result["per_class"].size(), 3U);
  EXPECT_EQ(result["confusion"].size(), 3U);
  for (const char* key : {"top1", "top5", "loss", "model", "data", "precision", "kernels"})
    EXPECT_TRUE(result.contains(key)) << key;
  EXPECT_NE(read_file((folder_.path() / "report.html").string()).find("pear"), std::string::npos);
}

TEST_F(Commands, EvalGivesTheSameResultForAnyThreadsAndForATar) {
  const std::string one = run("$BF eval model --data data --threads 1 --no-report").out;
  EXPECT_EQ(run("$BF eval model --data data --threads 3 --no-report").out, one);
  json from_tar = json::parse(
           run("tar -C data -cf data.tar apple pear; $BF eval model --data data.tar --no-report")
               .out),
       from_folder = json::parse(one);
  from_tar.erase("data");
  from_folder.erase("data");
  EXPECT_EQ(from_tar, from_folder);
}

TEST_F(Commands, EvalRefusesAClassThatTheModelDoesNotKnow) {
  folder_.write("data/cherry/1", "x");
  const Outcome o = run("$BF eval model --data data");
  EXPECT_EQ(o.status, 2);
  EXPECT_NE(o.err.find("cherry"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("apple, pear, plum"), std::string::npos) << o.err;
}

TEST_F(Commands, GoldenLogitsOfAnotherModelAreSaidByInspectAndStopPredict) {
  ModelDirectory other = tiny_model();
  other.weights["classifier.bias"] = Tensor::from_floats({3}, std::vector<float>{1, 2, 3});
  save_model(folder_.path() / "other", other);
  const Outcome checked =
      run("cp other/golden.safetensors model; $BF inspect model --check --json");
  EXPECT_EQ(checked.status, 1);
  EXPECT_GT(json::parse(checked.out)["golden_by_kernels"][0]["difference"], 1e-4);
  const Outcome named = run("$BF predict model data");
  EXPECT_EQ(named.status, 2);
  EXPECT_NE(named.err.find("golden"), std::string::npos) << named.err;
}

TEST_F(Commands, InspectSaysWhatAModelAndARecipeAre) {
  const json model = json::parse(run("$BF inspect model --check --bytes 100").out);
  EXPECT_EQ(model["classes"].size(), 3U);
  EXPECT_LT(model["golden_difference"].get<double>(), 1e-4);
  EXPECT_GE(model["golden_by_kernels"].size(), 4U) << "plain alone has three precisions";
  EXPECT_EQ(model["tokens"], 49);
  folder_.write("recipe.yaml",
                "model: {classification: {byteformer: {mode: tiny, conv_kernel_size: 32, "
                "max_num_tokens: 50000}}}");
  const json recipe = json::parse(run("$BF inspect recipe.yaml --bytes 150668").out);
  EXPECT_EQ(recipe["parameters"], 16805416);
  EXPECT_EQ(recipe["tokens"], 9415);
}

TEST_F(Commands, InspectDrawsWhichByteValuesAndPositionsAreAlike) {
  const Outcome o = run("$BF inspect model --embeddings page.html");
  EXPECT_EQ(o.status, 0) << o.err;
  const std::string page = read_file((folder_.path() / "page.html").string());
  for (const char* text : {"Byte values", "First positions", "byteformer inspect model", "<svg"})
    EXPECT_NE(page.find(text), std::string::npos) << text;
  EXPECT_NE(page.find(">255</text>"), std::string::npos);
  EXPECT_NE(page.find(">49</text>"), std::string::npos) << "the last of 50 positions";
  folder_.write("recipe.yaml", "{}");
  EXPECT_EQ(run("$BF inspect recipe.yaml --embeddings page.html").status, 2);
}

TEST_F(Commands, WhatCannotStartIsStatusTwoAndOneLine) {
  for (const char* line : {"$BF fly",
                           "$BF predict",
                           "$BF predict model",
                           "$BF predict missing data",
                           "$BF predict model --files-from missing",
                           "$BF predict model data --format xml",
                           "$BF predict model data --top x",
                           "$BF predict model data --threads 100000",
                           "$BF predict model data --fly",
                           "$BF predict model data --json --format csv",
                           "$BF eval model --data data --json --format table",
                           "$BF inspect missing",
                           "$BF eval missing --data data",
                           "$BF eval model --data missing",
                           "$BF inspect missing.yaml",
                           "$BF encode --fly",
                           "$BF encode data/apple/1 --output out",
                           "$BF convert data/apple/1 --output out",
                           "$BF obfuscate --key missing x --output y",
                           "$BF bench --bytes 0",
                           "BYTEFORMER_KERNELS=abacus $BF predict model data"}) {
    const Outcome o = run(line);
    EXPECT_EQ(o.status, 2) << line << ": " << o.err;
    EXPECT_EQ(o.out, "") << line;
    EXPECT_TRUE(o.err.starts_with("byteformer: ")) << line << ": " << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << line << ": " << o.err;
    EXPECT_LT(o.err.size(), 500U) << line << ": " << o.err;
  }
}

TEST_F(Commands, AFullStandardOutputIsAFailure) {
  for (const char* line : {"$BF --version > /dev/full", "$BF --help > /dev/full",
                           "$BF predict model data > /dev/full"}) {
    const Outcome o = run(line);
    EXPECT_EQ(o.status, 1) << line;
    EXPECT_NE(o.err.find("standard output"), std::string::npos) << line << ": " << o.err;
  }
}

TEST_F(Commands, HelpAndVersionGoToStandardOutput) {
  for (const char* line : {"$BF --help", "$BF predict --help", "$BF eval --help",
                           "$BF inspect --help", "$BF encode --help"}) {
    const Outcome o = run(line);
    EXPECT_EQ(o.status, 0) << line << o.err;
    EXPECT_NE(o.out.find("byteformer"), std::string::npos) << line;
  }
  EXPECT_NE(run("$BF --version").out.find("kernels"), std::string::npos);
  EXPECT_NE(run("BYTEFORMER_KERNELS=plain $BF --version").out.find("plain"), std::string::npos);
}

TEST_F(Commands, EncodeWritesPicturesAsFiles) {
  const std::string pixels(2 * 28 * 28, 'p');
  folder_.write("t-images-idx3-ubyte",
                std::string("\0\0\x08\x03\0\0\0\x02\0\0\0\x1C\0\0\0\x1C", 16) + pixels);
  folder_.write("t-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\x02\x01\0", 10));
  const Outcome o = run(
      "$BF encode --encoding TIFF t-images-idx3-ubyte --output pictures --class-names shoe,bag");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "pictures/bag/00000.tiff"), 2492U);
  EXPECT_EQ(run("$BF encode --encoding TIFF t-images-idx3-ubyte --output pictures").status, 2)
      << "the folder is not empty";
}

TEST_F(Commands, EncodeWritesPicturesAsARecipesEvaluationFeedsThem) {
  folder_.write("recipe.yaml",
                "dataset: {name: imagenet}\n"
                "image_augmentation:\n"
                "  resize: {enable: true, size: 20, interpolation: bicubic}\n"
                "  center_crop: {enable: true, size: 16}\n"
                "  pil_save: {enable: true, file_encoding: fHWC}\n");
  folder_.write("photos/bad/not a picture.png", "x");
  const std::string golden = BYTEFORMER_GOLDEN "/eval_images/";
  const Outcome o =
      run("mkdir photos/good; cp '" + golden + "files/jpeg_420.jpg' photos/good; cp '" + golden +
          "files/jpeg_444.jpg' . ; $BF encode --config recipe.yaml photos "
          "jpeg_444.jpg --output out");
  EXPECT_EQ(o.status, 1) << o.err;
  EXPECT_NE(o.err.find("not a picture.png"), std::string::npos) << o.err;
  EXPECT_EQ(read_file((folder_.path() / "out/good/jpeg_420.bin").string()),
            read_file(golden + "20_16/jpeg_420.jpg.u8"));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "out/jpeg_444.bin"));
  EXPECT_EQ(run("$BF encode --config recipe.yaml jpeg_444.jpg --output tiff "
                "image_augmentation.pil_save.file_encoding=TIFF")
                .status,
            0);
  EXPECT_EQ(std::filesystem::file_size(folder_.path() / "tiff/jpeg_444.tiff"), 140U + 3 * 16 * 16);
  EXPECT_EQ(run("$BF encode --encoding JPEG --quality 60 --resize 20 --crop 16 jpeg_444.jpg "
                "--output jpeg")
                .status,
            0);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "jpeg/jpeg_444.jpg"));
}

TEST_F(Commands, ConvertTakesTheReferencesCheckpointsAndPredictGivesTheirLogits) {
  const std::string golden = BYTEFORMER_GOLDEN "/checkpoint/";
  const json expected = json::parse(read_file(golden + "expected.json")),
             small = expected.at("d64_2layers_training.pt");
  auto holds = [&](const std::string& checkpoint, const std::string& recipe, const json& logits64,
                   const std::string& file, std::size_t bytes) {
    const Outcome o = run("rm -rf m; $BF convert '" + golden + "'" + checkpoint + " --config '" +
                          golden + recipe + "' --output m && head -c " + std::to_string(bytes) +
                          " '" + golden + file + "' > input && $BF predict m input --logits");
    ASSERT_EQ(o.status, 0) << checkpoint << o.err;
    const json logits = o.records().at(0)["logits"];
    ASSERT_EQ(logits.size(), logits64.size());
    for (std::size_t i = 0; i < logits.size(); ++i)
      EXPECT_NEAR(logits[i].get<double>(), logits64[i].get<double>(), 1e-5) << checkpoint;
  };
  auto hold = [&](const std::string& checkpoint, const std::string& recipe, const json& files) {
    for (const json& file : files)
      holds(checkpoint, recipe, file["logits64"], file["file"], file["bytes"]);
  };
  hold("d64.pt", "d64.yaml", expected.at("d64.pt").at("files"));
  hold("d64_2layers_training.pt", "d64_2layers.yaml", small["raw"]["files"]);
  hold("d64_2layers_training.pt --ema", "d64_2layers.yaml", small["ema"]["files"]);
  hold("d64_2layers_module_prefix.pt", "d64_2layers.yaml", small["ema"]["files"]);
  // And back: the same model once more.
  const Outcome back =
      run("$BF convert m --output again.pt && $BF convert again.pt --config '" + golden +
          "d64_2layers.yaml' --output m2 && cmp m/model.safetensors "
          "m2/model.safetensors");
  EXPECT_EQ(back.status, 0) << back.err;
}

TEST_F(Commands, ConvertSaysInTheUsersWordsWhatDoesNotFit) {
  const std::string golden = BYTEFORMER_GOLDEN "/checkpoint/", two = golden + "d64_2layers.yaml",
                    pt = golden + "d64.pt";
  folder_.write("photos/cat.png", "irreplaceable");
  folder_.write("names", "one\ntwo\n");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"'" + pt + "' --config '" + two + "' --output m", "d64.pt: tensor \""},
      {"'" + pt + "' --config '" + two + "' --output m", "d64_2layers.yaml needs ["},
      {"'" + pt + "' --config '" + golden + "d64.yaml' --output m --max-tokens 1001",
       "--max-tokens is 1001, but the recipe has positions for 1000"},
      {"'" + pt + "' --config '" + golden + "d64.yaml' --output m --max-tokens 0", "--max-tokens"},
      {"'" + pt + "' --config '" + golden + "d64.yaml' --output m --class-names names",
       "names: 2 lines, but the model has 10 classes"},
      {"'" + pt + "' --config '" + golden + "d64.yaml' --output photos", "photos: is there"},
      {"nowhere --output m", "nowhere: is not there"},
      {"model --output m.pt --max-tokens 5", "give --output alone"},
  };
  for (const auto& [arguments, said] : cases) {
    const Outcome o = run("$BF convert " + arguments);
    EXPECT_NE(o.status, 0) << arguments;
    EXPECT_NE(o.err.find(said), std::string::npos) << arguments << "\n" << o.err;
  }
  EXPECT_EQ(read_file((folder_.path() / "photos/cat.png").string()), "irreplaceable");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "m"));
}

TEST_F(Commands, AKeyedModelGivesTheSameBitsOnKeyedFiles) {
  const Outcome o =
      run("$BF obfuscate --make-key key && $BF obfuscate --key key --model model --output keyed && "
          "$BF obfuscate --key key data/apple/1 --output hidden && $BF predict model data/apple/1 "
          "--logits && $BF predict keyed hidden --logits && $BF obfuscate --key key --undo hidden "
          "--output plain && cmp plain data/apple/1");
  EXPECT_EQ(o.status, 0) << o.err;
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0]["logits"], records[1]["logits"]);
  EXPECT_NE(read_file((folder_.path() / "hidden").string()),
            read_file((folder_.path() / "data/apple/1").string()));
  EXPECT_EQ(run("$BF obfuscate --make-key key").status, 2) << "a key is never overwritten";
}

// The odd files as a list for --files-from, in the order of odd.tsv.
std::string odd_list() {
  std::string list;
  for (const OddFile& odd : odd_files()) list += odd.path + '\0';
  return list;
}

// Whatever a stranger's folder holds: each file is a record, none ends the program.
TEST_F(Commands, EveryOddFileIsClassifiedByItsBytesUnlessItHasNone) {
  folder_.write("list", odd_list());
  const Outcome o = run("$BF predict model --files-from list -0 --long-files cut");
  const std::vector<OddFile> rows = odd_files();
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), rows.size()) << o.err;
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(records[i].contains("label"), rows[i].bytes > 0) << rows[i].name << records[i];
  EXPECT_EQ(o.status, 1) << "one of them is empty";
}

// Pictures and a model of the recipe that says how they become bytes; BF is the program.
class Pictures : public Commands {
 protected:
  static constexpr const char* kRecipe =
      "dataset: {name: imagenet}\n"
      "image_augmentation:\n"
      "  resize: {enable: true, size: 20, interpolation: bicubic}\n"
      "  center_crop: {enable: true, size: 16}\n"
      "  pil_save: {enable: true, file_encoding: JPEG, quality: 60}\n"
      "model: {classification: {n_classes: 3, byteformer: {width: 64, layers: 2, ffn: 64, "
      "conv_kernel_size: 4, window_sizes: [8], window_shifts: [0, 4], downsample: [true, false], "
      "max_num_tokens: 600, masking: reference}}}\n";

  void SetUp() override {
    folder_.write("recipe.yaml", kRecipe);
    ModelDirectory model = tiny_model();
    model.config.max_tokens = 600;
    model.config.masking = Masking::kReference;
    model.weights = golden::formula_weights(model.config);
    model.training = json{{"recipe", kRecipe}}.dump();
    save_model(folder_.path() / "model", model);
    const std::string files = BYTEFORMER_GOLDEN "/eval_images/files/";
    const Outcome o = run("mkdir -p photos/apple photos/pear photos/plum; cp '" + files +
                          "'jpeg_4*.jpg photos/apple; cp '" + files +
                          "'jpeg_p*.jpg photos/pear; cp '" + files + "'png_r*.png photos/plum");
    ASSERT_EQ(o.status, 0) << o.err;
  }
};

// The system refuses to look such a name up.
TEST_F(Pictures, ANameThatIsTooLongForTheDiskIsNamedWithItsReason) {
  const std::string name(300, 'n');
  for (const std::string& line :
       {"inspect " + name, "convert " + name + " --output out", "predict " + name + " photos",
        "eval " + name + " --data photos", "eval model --data " + name, "bench " + name,
        "encode photos --output out --model " + name, "encode photos --output out --config " + name,
        "eval --config recipe.yaml dataset.root_val=photos --model.classification.pretrained " +
            name,
#ifdef BYTEFORMER_HAS_TRAIN
        "train --minutes 1 --data photos --output " + name,
        "train --resume --minutes 1 --data photos --output " + name
#endif
       }) {
    const Outcome o = run("$BF " + line);
    EXPECT_TRUE(o.status == 1 || o.status == 2) << line << ": " << o.err;
    EXPECT_NE(o.err.find(name), std::string::npos) << line << ": " << o.err;
    EXPECT_EQ(o.err.find("filesystem error"), std::string::npos) << line << ": " << o.err;
    EXPECT_NE(o.err.find("too long"), std::string::npos) << line << ": " << o.err;
  }
}

TEST_F(Pictures, AnOverrideMayBeLongerThanAnyName) {
  std::string levels = "-100";
  for (int i = 0; i < 100; ++i) levels += ",-100";
  const Outcome o =
      run("$BF encode --model model photos --output out "
          "audio_augmentation.noise.levels=[" +
          levels + "]");
  EXPECT_EQ(o.status, 0) << o.err;
}

TEST_F(Pictures, PredictEncodesOnTheWayAsEncodeDoesBefore) {
  const Outcome o = run(
      "$BF encode --model model photos --output encoded && $BF predict model encoded --logits && "
      "$BF predict model photos --encode --logits && $BF predict model --encode --logits - < "
      "photos/plum/png_rgb.png");
  ASSERT_EQ(o.status, 0) << o.err;
  const std::vector<json> records = o.records();
  const std::size_t files = records.size() / 2;
  ASSERT_GT(files, 5U);
  ASSERT_EQ(records.size(), 2 * files + 1);
  for (std::size_t i = 0; i < files; ++i) {
    EXPECT_EQ(records[i]["logits"], records[files + i]["logits"]) << records[i];
    EXPECT_EQ(records[i]["bytes"], records[files + i]["bytes"]);
    if (records[files + i]["path"] == "photos/plum/png_rgb.png") {
      EXPECT_EQ(records[i]["logits"], records[2 * files]["logits"]);
    }
  }
}

// A model of pictures and sound meets every odd file.
class OddFiles : public Commands {
 protected:
  void SetUp() override {
    ModelDirectory model = tiny_model();
    model.training =
        json{{"recipe",
              "dataset: {name: pictures_and_sound}\n"
              "image_augmentation:\n"
              "  resize: {enable: true, size: 20, interpolation: bicubic}\n"
              "  center_crop: {enable: true, size: 16}\n"
              "  pil_save: {enable: true, file_encoding: TIFF}\n"
              "audio_augmentation: {torchaudio_save: {enable: true, encoding_dtype: uint8}}\n"}}
            .dump();
    save_model(folder_.path() / "both", model);
    folder_.write("list", odd_list());
  }

  static bool is_decodable(const OddFile& odd) {
    return odd.must.starts_with("image") || odd.must.starts_with("audio");
  }
};

TEST_F(OddFiles, AreDecodedByPredictOrRefusedAsOddTsvSays) {
  const Outcome o = run("$BF predict both --encode --files-from list -0 --long-files cut");
  const std::vector<OddFile> rows = odd_files();
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), rows.size()) << o.err;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!is_decodable(rows[i]) || !rows[i].may_fail()) {
      EXPECT_EQ(records[i].contains("label"), is_decodable(rows[i])) << rows[i].name << records[i];
    }
    if (rows[i].name.find("bomb") != std::string::npos) {
      EXPECT_EQ(records[i]["error"]["kind"], "too_large") << records[i];
    }
  }
}

// Each lies in a folder of its own, since a.jpg and a.png become the same name.
TEST_F(OddFiles, AreWrittenByEncodeOrRefusedAsOddTsvSays) {
  namespace fs = std::filesystem;
  const std::vector<OddFile> rows = odd_files();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const fs::path from = rows[i].path, to = folder_.path() / "in" / std::to_string(i);
    fs::create_directories(to);
    fs::copy_file(from, to / from.filename());
  }
  const Outcome o = run("$BF encode --model both --output out in");
  EXPECT_EQ(o.status, 1) << o.err;
  std::size_t pictures = 0, sounds = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const OddFile& odd = rows[i];
    const fs::path out = folder_.path() / "out" / std::to_string(i);
    const std::regex refused("in/" + std::to_string(i) +
                             "/[^\n]* \\((empty|damaged|too_large)\\)\n");
    const bool is_written = fs::exists(out);
    EXPECT_NE(is_written, std::regex_search(o.err, refused)) << odd.name << o.err;
    if (!is_decodable(odd) || !odd.may_fail()) {
      EXPECT_EQ(is_written, is_decodable(odd)) << odd.name << o.err;
    }
    if (!is_written) continue;
    ASSERT_EQ(std::distance(fs::directory_iterator(out), {}), 1) << odd.name;
    const std::uintmax_t bytes = fs::directory_iterator(out)->file_size();
    if (odd.is_sound()) {
      EXPECT_GT(bytes, 44U) << odd.name << ": a header alone";
    } else {
      EXPECT_EQ(bytes, 140U + 3 * 16 * 16) << odd.name;
    }
    ++(odd.is_sound() ? sounds : pictures);
  }
  EXPECT_GE(pictures, 20U);
  EXPECT_GE(sounds, 10U);
}

// The reference reads them as far as they go; a recipe of ours takes them for damaged.
TEST_F(Pictures, OddPicturesThatEndEarlyAreReadWhereARecipeOfTheReferenceRuns) {
  ModelDirectory model = load_model(folder_.path() / "model");
  std::string recipe = kRecipe;
  recipe.replace(recipe.find("n_classes"), 0, "name: byteformer, ");
  model.training = json{{"recipe", recipe}}.dump();
  save_model(folder_.path() / "theirs", model);
  const std::string odd = odd_folder();
  for (const char* name : {"truncated.jpg", "truncated.png", "no_eoi.jpg"}) {
    const std::string file = " '" + odd + "/image/" + name + "'";
    const Outcome ours = run("$BF encode --model model --output ours" + file),
                  theirs = run("$BF encode --model theirs --output " + std::string(name) + file);
    EXPECT_EQ(ours.status, 1) << name << ours.err;
    EXPECT_NE(ours.err.find("(damaged)"), std::string::npos) << ours.err;
    EXPECT_EQ(theirs.status, 0) << name << theirs.err;
  }
}

TEST_F(Pictures, AnotherEncoderThanTheModelsIsSaid) {
  ModelDirectory model = load_model(folder_.path() / "model");
  model.input = R"({"encoding": "JPEG", "encoder": "libjpeg 6b"})";
  save_model(folder_.path() / "old", model);
  for (const char* command :
       {"predict old --encode photos/plum/png_rgb.png",
        "encode --model old photos/plum/png_rgb.png --output out",
        "eval old --config recipe.yaml dataset.root_val=photos --no-report"}) {
    const Outcome o = run("$BF " + std::string(command));
    EXPECT_EQ(o.status, 0) << command << o.err;
    EXPECT_NE(o.err.find("trained on bytes of libjpeg 6b, and these are of libjpeg"),
              std::string::npos)
        << command << o.err;
  }
}

TEST_F(Pictures, AFileThatCannotBeEncodedTakesNoNameFromTheNext) {
  folder_.write("mixed/a.jpg", "no picture");
  const Outcome o =
      run("cp photos/plum/png_rgb.png mixed/a.png; cp photos/plum/png_rgb.png mixed/a.tif; "
          "$BF encode --encoding TIFF mixed --output out; ls out");
  EXPECT_EQ(o.out, "a.tiff\n") << o.err;
  EXPECT_NE(o.err.find("mixed/a.tif: another input became a.tiff already"), std::string::npos)
      << o.err;
  EXPECT_NE(o.err.find("wrote 1 files to out, 2 failed"), std::string::npos) << o.err;
}

TEST_F(Pictures, WhatCannotBeDecodedIsARecordAndTheRestGoesOn) {
  folder_.write("photos/note.txt", "no picture");
  folder_.write("photos/empty.png", "");
  const Outcome o =
      run("$BF predict model --encode photos/note.txt photos/empty.png missing.png "
          "photos/plum/png_rgb.png");
  EXPECT_EQ(o.status, 1) << o.err;
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[0]["error"]["kind"], "damaged");
  EXPECT_EQ(records[1]["error"]["kind"], "empty");
  EXPECT_EQ(records[2]["error"]["kind"], "vanished");
  EXPECT_TRUE(records[3].contains("label"));
}

TEST_F(Pictures, AFileBeyondALimitOfTimeOrMemoryIsTooLargeAndTheRestGoesOn) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need memory of their own";
#endif
  // A gray picture of 8000 x 8000 is 64 MB of ones and zeros in few bytes, and 192 MB decoded.
  folder_.write("large.pbm", "P4\n8000 8000\n" + std::string(1000 * 8000, '\0'));
  const Outcome slow =
      run("$BF predict model --encode large.pbm photos/plum/png_rgb.png --codec-seconds 0.02");
  EXPECT_EQ(slow.status, 1) << slow.err;
  ASSERT_EQ(slow.records().size(), 2U);
  EXPECT_EQ(slow.records()[0]["error"]["kind"], "too_large") << slow.out;
  EXPECT_NE(slow.out.find("--codec-seconds"), std::string::npos) << slow.out;
  const Outcome fat =
      run("$BF predict model --encode large.pbm photos/plum/png_rgb.png --codec-memory 64; "
          "$BF encode --model model large.pbm --output out --codec-memory 64");
  EXPECT_EQ(fat.status, 1) << fat.err;
  ASSERT_EQ(fat.records().size(), 2U);
  EXPECT_EQ(fat.records()[0]["error"]["kind"], "too_large") << fat.out;
  EXPECT_NE(fat.out.find("64 MiB"), std::string::npos) << fat.out;
  EXPECT_TRUE(fat.records()[1].contains("label")) << fat.out;
  EXPECT_NE(fat.err.find("(too_large)"), std::string::npos) << fat.err;
}

TEST_F(Pictures, ACodecThatDiesTakesItsFileWithItAndNothingElse) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers answer the signal themselves";
#endif
  const Outcome o = run(
      "mkfifo slow; mkdir bin; cp \"$BF\" '" BYTEFORMER_BIN
      "/byteformer-codec' bin; "
      "bin/byteformer predict model --threads 1 --encode slow photos/plum/png_rgb.png & pid=$!; "
      "until codec=$(pgrep -P $pid); do sleep 0.05; done; sleep 0.2; kill -SEGV $codec; "
      "cat photos/plum/png_rgb.png > slow; wait $pid");
  EXPECT_EQ(o.status, 1) << o.err;
  const std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 2U) << o.out << o.err;
  EXPECT_EQ(records[0]["error"]["kind"], "damaged") << o.out;
  EXPECT_NE(o.out.find("Segmentation fault"), std::string::npos) << o.out;
  EXPECT_TRUE(records[1].contains("label")) << o.out;
}

// As the reference's README has it.
TEST_F(Pictures, EvalTakesARecipeAndItsWeightsAsTheReferenceDoes) {
  const Outcome o = run(
      "$BF convert model --output weights.pt && $BF encode --config recipe.yaml photos --output "
      "encoded && $BF eval model --data encoded --no-report && "
      "$BF eval --common.config-file recipe.yaml --no-report --model.classification.pretrained "
      "weights.pt --common.override-kwargs dataset.root_val=photos && "
      "$BF eval --config recipe.yaml --no-report model.classification.pretrained=model "
      "dataset.root_val=photos && $BF eval model --encode --data photos --no-report --threads 1");
  ASSERT_EQ(o.status, 0) << o.err;
  std::vector<json> results = o.records();
  ASSERT_EQ(results.size(), 4U) << o.out;
  EXPECT_GT(results[0]["files"].get<int>(), 5);
  for (json& result : results) {
    result.erase("data");
    result.erase("model");
    EXPECT_EQ(result, results[0]);
  }
}

TEST_F(Pictures, EvalFromARecipeSaysWhatIsMissing) {
  const std::string eval = "$BF eval --config recipe.yaml --no-report ";
  for (const auto& [line, said] : std::map<std::string, std::string>{
           {eval + "dataset.root_val=photos", "names no weights"},
           {eval + "model", "names no data"},
           {eval + "model dataset.root_val=nowhere", "nowhere"},
           {eval + "model.classification.pretrained=gone.pt dataset.root_val=photos", "gone.pt"},
           {"mkdir -p few/apple; cp photos/apple/* few/apple; $BF convert model --output w.pt; " +
                eval + "model.classification.pretrained=w.pt dataset.root_val=few",
            "--class-names"},
           {"$BF train --config recipe.yaml --data photos --output r "
            "model.classification.pretrained=model",
            "weights of its own"}}) {
#ifndef BYTEFORMER_HAS_TRAIN
    if (line.find("train") != std::string::npos) continue;
#endif
    const Outcome o = run(line);
    EXPECT_EQ(o.status, 2) << line << o.err;
    EXPECT_NE(o.err.find(said), std::string::npos) << line << o.err;
  }
}

#ifdef BYTEFORMER_HAS_TRAIN
constexpr const char* kTrain =
    "$BF train --data data --output run --threads 1 model.classification.byteformer.width=64 "
    "model.classification.byteformer.layers=1 model.classification.byteformer.max_num_tokens=100 "
    "model.classification.byteformer.conv_kernel_size=4 dataset.train_batch_size0=2 "
    "dataset.validation_share=0 scheduler.warmup_iterations=1 ";

TEST_F(Commands, WhatTrainLearnedPredictUses) {
  const Outcome o =
      run(std::string(kTrain) + "scheduler.max_epochs=2 && $BF predict run/model data");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.records().size(), 2U);
}

TEST_F(Commands, TrainTakesATarOfSpokenDigits) {
  const std::string digits = BYTEFORMER_SOURCE "/../shared/data/fsdd-train.tar";
  if (!std::filesystem::exists(digits)) {
    ASSERT_EQ(std::getenv("BYTEFORMER_REQUIRE_SHARED"), nullptr) << digits << " is not there";
    GTEST_SKIP() << digits << " is not there";
  }
  const Outcome o =
      run("$BF train --data '" + digits +
          "' --output run --threads 1 model.classification.byteformer.width=64 "
          "model.classification.byteformer.layers=1 "
          "model.classification.byteformer.conv_kernel_size=64 "
          "model.classification.byteformer.max_num_tokens=2000 dataset.train_batch_size0=8 "
          "dataset.validation_share=0.01 scheduler.warmup_iterations=1 common.max_iterations=3 && "
          "$BF inspect run/model --json");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(json::parse(o.out)["classes"].size(), 10U);
}

TEST_F(Commands, TrainTakesPicturesAsARecipeSaysAndEncodeGivesTheModelTheSameBytes) {
  folder_.write("recipe.yaml",
                "dataset: {name: imagenet, train_batch_size0: 4, validation_share: 0.2}\n"
                "sampler: {bs: {crop_size_width: 16, crop_size_height: 16}}\n"
                "image_augmentation:\n"
                "  random_resized_crop: {enable: true, interpolation: bicubic}\n"
                "  random_horizontal_flip: {enable: true}\n"
                "  rand_augment: {enable: true}\n"
                "  random_erase: {enable: true}\n"
                "  resize: {enable: true, size: 20, interpolation: bicubic}\n"
                "  center_crop: {enable: true, size: 16}\n"
                "  pil_save: {enable: true, file_encoding: JPEG, quality: 60}\n");
  const std::string files = BYTEFORMER_GOLDEN "/eval_images/files/";
  const Outcome o = run(
      "mkdir -p photos/jpeg photos/other; cp '" + files + "'jpeg_4*.jpg '" + files +
      "'jpeg_p*.jpg photos/jpeg; cp '" + files +
      "'png_r*.png photos/other; $BF train --config recipe.yaml --data photos --output run "
      "--threads 1 model.classification.byteformer.width=64 "
      "model.classification.byteformer.layers=1 model.classification.byteformer.conv_kernel_size=8 "
      "model.classification.byteformer.max_num_tokens=500 scheduler.warmup_iterations=1 "
      "scheduler.max_epochs=2 && $BF encode --model run/model photos --output encoded && "
      "$BF eval run/model --data encoded --no-report");
  ASSERT_EQ(o.status, 0) << o.err;
  const json result = json::parse(o.out);
  EXPECT_GT(result["files"].get<int>(), 3);
  EXPECT_EQ(result["failed"], 0);
  const json config = json::parse(read_file((folder_.path() / "run/model/config.json").string()));
  EXPECT_EQ(config["input"]["encoding"], "JPEG");
  EXPECT_EQ(config["input"]["quality"], 60);
}

// Photographs and spoken words in one model: it names both, and evaluates both.
TEST_F(Commands, TrainTakesPicturesAndSoundInOneModel) {
  folder_.write("recipe.yaml",
                "dataset: {name: pictures_and_sound, root_train: photos, root_val: photos, "
                "train_batch_size0: 8, sound: {root_train: clips, twelve_classes: false}}\n"
                "image_augmentation:\n"
                "  resize: {enable: true, size: 20, interpolation: bicubic}\n"
                "  center_crop: {enable: true, size: 16}\n"
                "  pil_save: {enable: true, file_encoding: TIFF}\n"
                "audio_augmentation:\n"
                "  set_fixed_length: {length: 1000}\n"
                "  torchaudio_save: {enable: true, encoding_dtype: uint8}\n"
                "model: {classification: {byteformer: {width: 64, layers: 1, conv_kernel_size: 8, "
                "max_num_tokens: 500}}}\n"
                "scheduler: {max_epochs: 2, warmup_iterations: 1}\n");
  const std::string golden = BYTEFORMER_GOLDEN;
  const Outcome o =
      run("mkdir -p photos/photo clips/yes clips/no; cp '" + golden +
          "'/eval_images/files/jpeg_4*.jpg photos/photo; wavs=$(find '" + golden +
          "/audio_preprocessing' -name '*.wav' -size -80k | sort | head -2); set -- $wavs; "
          "cp \"$1\" clips/yes/1.wav; cp \"$2\" clips/no/1.wav; "
          "$BF train --config recipe.yaml --output run --threads 1 && "
          "$BF eval --config recipe.yaml run/model --no-report dataset.sound.root_val=clips && "
          "$BF predict run/model --encode photos clips");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find("3 classes, 5 files to train on"), std::string::npos) << o.err;
  std::vector<json> records = o.records();
  ASSERT_EQ(records.size(), 6U) << o.out;
  EXPECT_EQ(records[0]["files"], 5);
  EXPECT_EQ(records[0]["failed"], 0);
  EXPECT_EQ(records[1]["bytes"], 140 + 3 * 16 * 16);
  EXPECT_EQ(records[5]["bytes"], 44 + 1000);
}

// As files, as pictures and as sound: what cannot be read is named and left out, and the training
// ends with a model. Every way to read them: data/odd_training_test.cc.
TEST_F(Commands, TrainTakesEveryOddFileOrSaysWhyNot) {
  folder_.write("pictures.yaml",
                "dataset: {name: imagenet}\n"
                "sampler: {bs: {crop_size_width: 8, crop_size_height: 8}}\n"
                "image_augmentation:\n"
                "  random_resized_crop: {enable: true, interpolation: bicubic}\n"
                "  rand_augment: {enable: true}\n"
                "  pil_save: {enable: true, file_encoding: TIFF}\n");
  folder_.write("sound.yaml",
                "dataset: {name: speech_commands_v2}\n"
                "audio_augmentation:\n"
                "  set_fixed_length: {length: 100}\n"
                "  torchaudio_save: {enable: true, encoding_dtype: uint8}\n");
  folder_.write("files.yaml", "dataset: {name: files}\n");
  std::map<std::string, std::size_t> must_be_skipped = {
      {"files", 1}, {"pictures", 0}, {"sound", 0}};
  for (const OddFile& odd : odd_files()) {
    const bool is_wav = odd.path.ends_with(".wav");  // a folder of sound has no others
    must_be_skipped["pictures"] += !odd.must.starts_with("image") ? 1 : 0;
    must_be_skipped["sound"] += is_wav && !odd.must.starts_with("audio") ? 1 : 0;
  }
  for (const auto& [recipe, least] : must_be_skipped) {
    const std::string run_folder = "run-" + recipe;
    const Outcome o =
        run("$BF train --config " + recipe + ".yaml --data '" + odd_folder() + "' --output " +
            run_folder +
            " --threads 1 model.classification.byteformer.width=64 "
            "model.classification.byteformer.layers=1 "
            "model.classification.byteformer.max_num_tokens=100 "
            "model.classification.byteformer.conv_kernel_size=4 dataset.train_batch_size0=8 "
            "dataset.validation_share=0 scheduler.warmup_iterations=1 scheduler.max_epochs=2 && "
            "$BF predict " +
            run_folder + "/model data/apple/1");
    EXPECT_EQ(o.status, 0) << recipe << o.err;
    EXPECT_EQ(o.records().size(), 1U) << recipe;
    std::istringstream lines(o.err);
    std::size_t skipped = 0;
    for (std::string line; std::getline(lines, line);)
      skipped += line.ends_with("It is skipped.") ? 1 : 0;
    EXPECT_GE(skipped, least) << recipe << o.err;
    EXPECT_LT(skipped, odd_files().size()) << recipe << o.err;
  }
}

TEST_F(Commands, ADiskThatIsFullWhileTrainingIsSaidAndTheLastCheckpointStays) {
  const Outcome first = run(std::string(kTrain) + "scheduler.max_epochs=1");
  ASSERT_EQ(first.status, 0) << first.err;
  const std::string before = read_file((folder_.path() / "run/checkpoint-last").string());
  const Outcome full =
      run("ulimit -f 64; trap '' XFSZ; " + std::string(kTrain) + "scheduler.max_epochs=3 --resume");
  EXPECT_EQ(full.status, 1) << full.err;
  EXPECT_NE(full.err.find("checkpoint-"), std::string::npos) << full.err;
  EXPECT_EQ(read_file((folder_.path() / "run/checkpoint-last").string()), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path() / "run"), {}), 6)
      << "nothing else is left behind";
}

TEST_F(Commands, ATrainingWithoutARecipePlansOneSaysWhyAndLeavesIt) {
  const Outcome o =
      run("$BF train --data data --output run --threads 1 --minutes 0.05 scheduler.max_epochs=1 && "
          "$BF train --data data --output run --threads 1 --resume && "
          "$BF train --config run/config.yaml --data data --output again --threads 1 && "
          "cmp run/model/model.safetensors again/model/model.safetensors");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find("planned kernel"), std::string::npos) << o.err;
  EXPECT_EQ(o.err.find("the recipe changed"), std::string::npos) << o.err;
}

TEST_F(Commands, EachExampleOfTheTrainingsHelpIsTaken) {
  run("cp -r data photos; cp -r data DIR; mkdir -p configs runs/photos; echo > recipe.yaml; "
      "cp recipe.yaml configs/fashion-mnist-tiff.yaml; cp recipe.yaml runs/photos/config.yaml");
  const Outcome o =
      run("$BF train --help | grep '^  byteformer train ' | while read -r program line; do "
          "$BF $line --print-recipe > /dev/null || exit 1; echo taken; done");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out, "taken\ntaken\ntaken\ntaken\n") << o.err;
}

TEST_F(Commands, ARunThatIsThereIsSaidBeforeAnythingIsPlanned) {
  const std::string train = "$BF train --data data --output run --threads 1 --minutes 0.05 ";
  ASSERT_EQ(run(train + "scheduler.max_epochs=1").status, 0);
  const Outcome again = run(train);
  EXPECT_EQ(again.status, 2);
  EXPECT_NE(again.err.find("holds a run already"), std::string::npos) << again.err;
  EXPECT_EQ(again.err.find("planned"), std::string::npos) << again.err;
  // The same command with --resume, as batch systems repeat it.
  const Outcome resumed = run(train + "--resume");
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("--minutes planned this run when it began"), std::string::npos)
      << resumed.err;
}

TEST_F(Commands, ALauncherOfOneProcessMayPlanAndAChangedDefaultIsSaid) {
  const Outcome planned =
      run("RANK=0 LOCAL_RANK=0 WORLD_SIZE=1 MASTER_ADDR=127.0.0.1 MASTER_PORT=29411 "
          "$BF train --data data --minutes 0.05 --threads 1 --print-recipe");
  EXPECT_EQ(planned.status, 0) << planned.err;
  const Outcome changed = run("$BF train --data data scheduler.max_epochs=1 --print-recipe");
  EXPECT_EQ(changed.status, 0) << changed.err;
  EXPECT_NE(changed.err.find("changes the defaults"), std::string::npos) << changed.err;
}

TEST_F(Commands, MinutesBesideARecipeAreRefused) {
  folder_.write("recipe.yaml", "scheduler: {max_epochs: 1}\n");
  const Outcome o = run("$BF train --config recipe.yaml --data data --minutes 3 --output run");
  EXPECT_EQ(o.status, 2);
  EXPECT_NE(o.err.find("--minutes"), std::string::npos) << o.err;
}

TEST_F(Commands, ATrainingStoppedByASignalExitsWithSeventyFiveAndGoesOn) {
  const Outcome o = run(std::string(kTrain) +
                        "scheduler.max_epochs=1000000 & pid=$!; while [ ! -e run/checkpoint-last "
                        "]; do sleep 0.1; done; kill -TERM $pid; wait $pid; echo $?");
  EXPECT_EQ(o.out, "75\n") << o.err;
  EXPECT_NE(o.err.find("--resume"), std::string::npos) << o.err;
}
#endif

}  // namespace
}  // namespace byteformer
