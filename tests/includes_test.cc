// Reads the #include lines of src/ and fails on an arrow between folders that the architecture does
// not allow (docs/architecture.md has the same table for people).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;
using Folders = std::set<std::string>;

// What a folder may include beside itself, the standard library and byteformer/error.h.
const std::map<std::string, Folders> kMayInclude = {
    {"base", {}},
    {"files", {"base"}},
    {"tensor", {"base"}},
    {"checkpoint", {"tensor", "base"}},
    {"kernels", {"base"}},
    {"model", {"kernels", "tensor", "base"}},
    {"runtime", {"model", "base", "byteformer"}},
    {"library", {}},
    {"bytes", {"base"}},
    {"codec", {"base"}},
    {"recipe", {"model", "base"}},
    {"data", {"files", "codec", "bytes", "recipe", "base"}},
    {"report", {"base"}},
    {"train",
     {"data", "recipe", "model", "kernels", "tensor", "report", "files", "base", "torch",
      "byteformer"}},
    {"cli",
     {"base", "files", "tensor", "kernels", "model", "runtime", "checkpoint", "bytes", "codec",
      "recipe", "data", "report", "train", "byteformer"}},
};

// A file of cli that may see what the rest of it may not: one folder, one set of files.
const std::map<std::string, Folders> kOnlyFrom = {
    {"train", {"train_main.cc", "training_recipe.cc"}},
    {"data", {"train_main.cc", "training_recipe.cc", "convert.cc", "encode.cc", "serve.cc"}},
    {"codec", {"encode.cc"}},
    {"checkpoint", {"convert.cc"}},
};

// The complaint about one #include line, or nothing.
std::string complaint(const std::string& folder, const fs::path& file,
                      const std::string& included) {
  const std::string to = included.substr(0, included.find('/'));
  if (included.find('/') == std::string::npos || to == folder || included == "byteformer/error.h")
    return "";
  const bool is_test = file.filename().string().ends_with("_test.cc");
  if (is_test && (to == "gtest" || to == "tests")) return "";
  const bool is_ours = kMayInclude.contains(to) || to == "torch" || to == "c10" || to == "ATen" ||
                       to == "tests" || to == "byteformer";
  if (!is_ours) return "";  // the standard library, the system and the text libraries
  const std::string target = to == "c10" || to == "ATen" ? "torch" : to;
  if (is_test && kMayInclude.contains(target) && target != "train")
    return "";  // tests may build what they need
  if (!kMayInclude.at(folder).contains(target))
    return file.string() + " includes " + included + ": " + folder + " may not include " + target;
  if (folder == "cli" && kOnlyFrom.contains(target) &&
      !kOnlyFrom.at(target).contains(file.filename().string()))
    return file.string() + " includes " + included +
           ", which is for other programs than byteformer";
  return "";
}

TEST(Includes, FollowTheTableOfFolders) {
  const std::regex line_pattern("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
  std::size_t read = 0;
  for (const auto& [folder, unused] : kMayInclude) {
    for (const auto& entry : fs::directory_iterator(fs::path(BYTEFORMER_SOURCE) / "src" / folder)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      std::ifstream in(entry.path());
      std::smatch match;
      for (std::string line; std::getline(in, line);) {
        if (!std::regex_search(line, match, line_pattern)) continue;
        ++read;
        EXPECT_EQ(complaint(folder, entry.path(), match[1]), "");
      }
    }
  }
  EXPECT_GT(read, 100U) << "the include lines were not found";
}

TEST(Includes, EveryFolderOfTheSourceIsInTheTable) {
  for (const auto& entry : fs::directory_iterator(fs::path(BYTEFORMER_SOURCE) / "src"))
    EXPECT_TRUE(kMayInclude.contains(entry.path().filename().string())) << entry.path();
}

TEST(Includes, AForbiddenArrowIsSeen) {
  EXPECT_NE(complaint("base", "x.cc", "model/config.h"), "");
  EXPECT_NE(complaint("model", "x.cc", "torch/torch.h"), "");
  EXPECT_NE(complaint("cli", "predict.cc", "train/trainer.h"), "");
  EXPECT_NE(complaint("cli", "eval.cc", "data/loader.h"), "");
  EXPECT_EQ(complaint("cli", "train_main.cc", "train/trainer.h"), "");
  EXPECT_EQ(complaint("model", "x.cc", "kernels/matmul.h"), "");
}

TEST(Includes, PublicHeadersNeedOnlyTheStandardLibrary) {
  for (const auto& entry :
       fs::directory_iterator(fs::path(BYTEFORMER_SOURCE) / "include" / "byteformer")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("#include \"")) {
        EXPECT_TRUE(line.starts_with("#include \"byteformer/")) << entry.path() << ": " << line;
      }
  }
}

TEST(Includes, ExamplesSeeOnlyWhatIsInstalled) {
  std::size_t read = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(BYTEFORMER_SOURCE) / "examples")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("#include \"")) {
        ++read;
        EXPECT_TRUE(line.starts_with("#include \"byteformer/")) << entry.path() << ": " << line;
      }
  }
  EXPECT_GE(read, 4U) << "the include lines were not found";
}

}  // namespace
