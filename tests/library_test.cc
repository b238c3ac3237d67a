// libbyteformer.so as a program meets it that loads it at run time.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "byteformer/byteformer.h"
#include "tests/shell.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

using Names = std::set<std::string>;

// The symbols that nm lists: the last word of each line, without the addresses.
Names symbols(const std::string& arguments) {
  const TemporaryFolder folder;
  const ShellOutcome o = run_bash(folder, "nm " + arguments);
  EXPECT_EQ(o.status, 0) << o.err;
  Names names;
  std::istringstream lines(o.out);
  for (std::string line; std::getline(lines, line);)
    names.insert(line.substr(line.find_last_of(' ') + 1));
  return names;
}

// What byteformer.map lists: names with their versions, and the versions themselves.
Names listed_symbols() {
  std::ifstream map(BYTEFORMER_SOURCE "/src/library/byteformer.map");
  Names names;
  std::string version;
  for (std::string line; std::getline(map, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos || line[begin] == '#') continue;
    if (line.ends_with(" {")) {
      version = line.substr(0, line.size() - 2);
      names.insert(version);
    } else if (line.starts_with("    ") && line.ends_with(";") && line[begin] != '*') {
      names.insert(line.substr(begin, line.size() - 1 - begin) + "@@" + version);
    }
  }
  return names;
}

Names difference(const Names& a, const Names& b) {
  Names rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(rest, rest.end()));
  return rest;
}

TEST(Library, ExportsTheListedSymbolsAndNoOthers) {
  const Names listed = listed_symbols(),
              exported = symbols("-D --defined-only '" BYTEFORMER_LIBRARY "'");
  EXPECT_GT(listed.size(), 50U) << "the list was not read";
  EXPECT_EQ(difference(exported, listed), Names()) << "exported, but not listed";
  EXPECT_EQ(difference(listed, exported), Names()) << "listed, but not exported";
}

TEST(Library, ListsEveryFunctionOfTheCHeader) {
  const Names listed = listed_symbols();
  std::ifstream header(BYTEFORMER_SOURCE "/include/byteformer/byteformer.h");
  std::size_t read = 0;
  for (std::string line; std::getline(header, line);) {
    if (!line.starts_with("BYTEFORMER_API ")) continue;
    ++read;
    const std::size_t end = line.find('('), begin = line.find_last_of(" *", end) + 1;
    EXPECT_TRUE(listed.contains(line.substr(begin, end - begin) + "@@BYTEFORMER_0")) << line;
  }
  EXPECT_GE(read, 25U) << "the declarations were not read";
}

TEST(Library, ListsEveryMemberFunctionOfTheCppClasses) {
  Names listed;
  for (const std::string& name : listed_symbols()) listed.insert(name.substr(0, name.find('@')));
  std::size_t read = 0;
  for (const std::string& name : symbols("--defined-only --extern-only '" BYTEFORMER_ARCHIVE "'")) {
    const bool is_member = name.starts_with("_ZN10byteformer10Classifier") ||
                           name.starts_with("_ZNK10byteformer10Classifier") ||
                           name.starts_with("_ZN10byteformer6Stream") ||
                           name.starts_with("_ZNK10byteformer6Stream");
    if (!is_member || name.find("5State") != std::string::npos) continue;
    ++read;
    EXPECT_TRUE(listed.contains(name)) << name;
  }
  EXPECT_GE(read, 20U) << "the archive was not read";
}

#ifdef NDEBUG  // an assertion that fails prints
TEST(Library, CallsNothingThatPrintsOrChangesTheProcessAround) {
  const Names imported = symbols("-D --undefined-only '" BYTEFORMER_LIBRARY "'");
  EXPECT_GT(imported.size(), 50U) << "the imports were not read";
  for (const std::string& name : imported) {
    const std::string plain = name.substr(0, name.find('@'));
    EXPECT_FALSE((Names{"printf",         "__printf_chk",
                        "fprintf",        "__fprintf_chk",
                        "vfprintf",       "puts",
                        "fputs",          "fputc",
                        "putchar",        "fwrite",
                        "perror",         "stdout",
                        "stderr",         "_ZSt4cout",
                        "_ZSt4cerr",      "_ZSt4clog",  // output
                        "signal",         "sigaction",
                        "pthread_atfork", "atexit",  // handlers
                        "exit",           "_exit",
                        "quick_exit",     "abort",
                        "raise",          "kill",  // ends
                        "setlocale",      "_ZNSt6locale6globalERKS_",
                        "setenv",         "putenv",  // settings
                        "chdir",          "umask",
                        "setrlimit",      "sched_setaffinity",
                        "srand",          "fork",
                        "system",         "execve",
                        "dlopen"})
                     .contains(plain))
        << name;
  }
}
#endif

bool is_loaded() {
  return read_file("/proc/self/maps").find("libbyteformer.so") != std::string::npos;
}

template <typename Function>
Function* function(void* library, const char* name) {
  void* const address = ::dlsym(library, name);
  EXPECT_NE(address, nullptr) << name;
  return reinterpret_cast<Function*>(address);
}

TEST(Library, LoadsClassifiesAndUnloadsAgainAndAgain) {
  const TemporaryFolder folder;
  const std::string model = (folder.path() / "model").string();
  save_model(model, tiny_model());
  ASSERT_FALSE(is_loaded());
  for (int round = 0; round < 3; ++round) {
    void* const library = ::dlopen(BYTEFORMER_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << ::dlerror();
    EXPECT_TRUE(is_loaded());

    bf_options options = {};
    options.size = sizeof options;
    options.threads = 3;
    bf_classifier* classifier;
    bf_result* result;
    bf_error error;
    const auto classify = function<decltype(bf_classify)>(library, "bf_classify");
    ASSERT_EQ(function<decltype(bf_classifier_open)>(library, "bf_classifier_open")(
                  model.c_str(), &options, &classifier, &error),
              BF_OK)
        << error.message;
    ASSERT_EQ(classify(classifier, "some bytes", 10, &result, &error), BF_OK) << error.message;
    function<decltype(bf_result_free)>(library, "bf_result_free")(result);
    EXPECT_EQ(classify(classifier, "", 0, &result, &error), BF_INPUT_EMPTY)
        << "an exception was thrown and caught";
    function<decltype(bf_classifier_close)>(library, "bf_classifier_close")(classifier);

    EXPECT_EQ(::dlclose(library), 0);
    EXPECT_FALSE(is_loaded()) << round;
  }
}

}  // namespace
}  // namespace byteformer
