// The installed tree as others build with it: examples/ is the outside project.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "byteformer/classifier.h"
#include "tests/shell.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

class InstalledPackage : public testing::Test {
 protected:
  void SetUp() override {
    save_model(folder_.path() / "model", tiny_model());
    folder_.write("first", "some bytes");
    folder_.write("second", "other bytes of another file");
    run("for part in runtime development programs; do\n"
        "  '" BYTEFORMER_CMAKE "' --install '" BYTEFORMER_BUILD
        "' --component $part --prefix \"$PWD/installed\" || exit 1\n"
        "done");
  }

  // Lines that must succeed; returns what they print.
  std::string run(const std::string& lines) const {
    const ShellOutcome o = run_bash(folder_, lines, 300);
    EXPECT_EQ(o.status, 0) << lines << '\n' << o.out << o.err;
    return o.out;
  }

  void build_examples(const std::string& is_static) const {
    run("'" BYTEFORMER_CMAKE "' -S '" BYTEFORMER_SOURCE
        "/examples' -B build -G '" BYTEFORMER_GENERATOR
        "' -DCMAKE_PREFIX_PATH=\"$PWD/installed\" -DCMAKE_CXX_COMPILER='" BYTEFORMER_CXX
        "' -DCMAKE_C_FLAGS='-Wall -Wextra -Wpedantic -Werror'"
        " -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic -Werror'"
        " -DCMAKE_CXX_EXTENSIONS=OFF -DCMAKE_C_EXTENSIONS=OFF -DBYTEFORMER_LINK_STATIC=" +
        is_static + " && '" BYTEFORMER_CMAKE "' --build build --parallel 2");
  }

  // The libraries that a program names.
  std::string needed(const std::string& program) const {
    return run("readelf -d '" + program + "' | grep NEEDED || true");
  }

  std::string label_of(const std::string& file) const {
    const std::string bytes = read_file((folder_.path() / file).string());
    return Classifier((folder_.path() / "model").string())
        .classify({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()})
        .label;
  }

  void examples_give_the_answers_of_the_library() const {
    for (const std::string example : {"classify_buffer_c", "classify_buffer"}) {
      EXPECT_TRUE(run("build/" + example + " model first")
                      .starts_with("first: " + label_of("first") + "\n"))
          << example;
      const ShellOutcome empty = run_bash(folder_, "build/" + example + " model /dev/null");
      EXPECT_EQ(empty.status, 1);
      EXPECT_TRUE(empty.err.starts_with("/dev/null: empty: ")) << empty.err;
      const ShellOutcome none = run_bash(folder_, "build/" + example + " no-model first");
      EXPECT_EQ(none.status, 2);
      EXPECT_NE(none.err.find("no-model"), std::string::npos) << none.err;
    }
    const std::string lines =
        run("build/eight_threads model $(for i in 1 2 3 4 5 6 7 8 9; do echo first second; done)");
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 18);
    EXPECT_TRUE(lines.starts_with("first: " + label_of("first") + " ")) << lines;
    EXPECT_NE(lines.find("\nsecond: " + label_of("second") + " "), std::string::npos) << lines;
    EXPECT_TRUE(answer_over_a_socket("second").starts_with(label_of("second") + " "));
  }

  // What the example server answers to a file that comes byte by byte.
  std::string answer_over_a_socket(const std::string& file) const {
    run("build/classify_socket model socket >/dev/null 2>&1 & echo $! >server");
    const pid_t server = std::stoi(read_file((folder_.path() / "server").string()));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const std::string path = (folder_.path() / "socket").string();
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int connection = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 &&
           std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    for (const char byte : read_file((folder_.path() / file).string()))
      EXPECT_EQ(::send(connection, &byte, 1, MSG_NOSIGNAL), 1);
    ::shutdown(connection, SHUT_WR);
    std::string answer(1000, '\0');
    const ssize_t got = ::recv(connection, answer.data(), answer.size(), MSG_WAITALL);
    answer.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    ::close(connection);
    ::kill(server, SIGTERM);
    return answer;
  }

  TemporaryFolder folder_;
};

TEST_F(InstalledPackage, AProjectFindsItWithCMakeAndLinksTheSharedLibrary) {
  build_examples("OFF");
  EXPECT_NE(needed("build/classify_buffer").find("libbyteformer.so.0"), std::string::npos);
  examples_give_the_answers_of_the_library();
}

TEST_F(InstalledPackage, AProjectFindsItWithCMakeAndLinksTheArchive) {
  build_examples("ON");
  EXPECT_EQ(needed("build/classify_buffer").find("libbyteformer"), std::string::npos);
  EXPECT_EQ(needed("build/classify_buffer_c").find("libbyteformer"), std::string::npos);
  examples_give_the_answers_of_the_library();
}

TEST_F(InstalledPackage, ACompilerFindsItWithPkgConfig) {
  if (run_bash(folder_, "command -v pkg-config").status != 0) GTEST_SKIP() << "no pkg-config here";
  const std::string answer =
      run("export PKG_CONFIG_PATH=$(dirname $(find $PWD/installed -name byteformer.pc))\n"
          "C='cc -std=c11 -Wall -Wextra -Wpedantic -Werror " BYTEFORMER_SOURCE
          "/examples/classify_buffer.c'\n"
          "set -e\n"
          "$C -o shared $(pkg-config --cflags --libs byteformer)\n"
          "$C -o static -static $(pkg-config --cflags --libs --static byteformer)\n"
          "LD_LIBRARY_PATH=$(dirname $(find installed -name libbyteformer.so.0)) ./shared model "
          "first\n"
          "./static model first");
  const std::string expected = "first: " + label_of("first") + "\n";
  EXPECT_TRUE(answer.starts_with(expected)) << answer;
  EXPECT_NE(answer.find('\n' + expected), std::string::npos) << answer;
  EXPECT_NE(needed("shared").find("libbyteformer.so.0"), std::string::npos);
  EXPECT_EQ(needed("static"), "");
}

TEST_F(InstalledPackage, AProjectInCAloneMayLinkEither) {
  folder_.write("project/CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.25)\n"
                "project(c_alone LANGUAGES C)\n"
                "find_package(byteformer 0.1 REQUIRED)\n"
                "foreach(kind byteformer byteformer-static)\n"
                "  add_executable(with-${kind} " BYTEFORMER_SOURCE
                "/examples/classify_buffer.c)\n"
                "  target_link_libraries(with-${kind} PRIVATE byteformer::${kind})\n"
                "endforeach()\n");
  run("'" BYTEFORMER_CMAKE "' -S project -B build -G '" BYTEFORMER_GENERATOR
      "' -DCMAKE_PREFIX_PATH=\"$PWD/installed\" && '" BYTEFORMER_CMAKE "' --build build");
  for (const std::string kind : {"byteformer", "byteformer-static"})
    EXPECT_TRUE(run("build/with-" + kind + " model first")
                    .starts_with("first: " + label_of("first") + "\n"));
}

TEST_F(InstalledPackage, TheProgramsFindEachOther) {
  EXPECT_NE(run("installed/bin/byteformer predict model first").find(label_of("first")),
            std::string::npos);
  EXPECT_NE(run("cd / && \"$OLDPWD/installed/bin/byteformer\" encode --help").find("encode"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(folder_.path() / "installed/bin/byteformer-codec"))
      << "a user meets one command";
}

}  // namespace
}  // namespace byteformer
