// A training that is killed again and again, against the same one that never was.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "tensor/safetensors.h"
#include "tests/shell.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

class KilledTraining : public testing::Test {
 protected:
  // Two classes of sound, so that augmentation draws for each file; 36 files are trained on.
  void SetUp() override {
    for (int i = 0; i < 24; ++i) {
      folder_.write("data/low/" + std::to_string(i), wav(40 + i, 3));
      folder_.write("data/high/" + std::to_string(i), wav(40 + i, 11));
    }
  }

  static std::string wav(int samples, int step) {
    std::string file("RIFF\0\0\0\0WAVEfmt \20\0\0\0\1\0\1\0\100\37\0\0\200\76\0\0\2\0\20\0data",
                     40);
    const int bytes = 2 * samples;
    for (int shift = 0; shift < 32; shift += 8) {
      file[static_cast<std::size_t>(4 + shift / 8)] = static_cast<char>((bytes + 36) >> shift);
      file += static_cast<char>(bytes >> shift);
    }
    for (int i = 0; i < samples; ++i) {
      const int value = i * step % 50 * 400 - 10000;
      file += static_cast<char>(value);
      file += static_cast<char>(value >> 8);
    }
    return file;
  }

  // 16 epochs of 4 steps of two micro batches, which leave one over; a checkpoint every third step.
  static constexpr std::size_t kSteps = 64;
  pid_t start(const std::string& run) const {
    const pid_t process = ::fork();
    if (process != 0) return process;
    const std::string errors = (folder_.path() / (run + ".log")).string(),
                      data = (folder_.path() / "data").string(),
                      output = (folder_.path() / run).string();
    (void)::dup2(::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666), STDERR_FILENO);
    (void)::execl(
        BYTEFORMER_BIN "/byteformer-train", "byteformer-train", "--data", data.c_str(), "--output",
        output.c_str(), "--resume", "--threads", "1", "model.classification.byteformer.width=64",
        "model.classification.byteformer.layers=2", "model.classification.byteformer.ffn=64",
        "model.classification.byteformer.conv_kernel_size=4",
        "model.classification.byteformer.window_sizes=16",
        "model.classification.byteformer.max_num_tokens=100", "byte_augmentation.wav.gain=6",
        "byte_augmentation.wav.noise=0.1", "dataset.train_batch_size0=4",
        "dataset.validation_share=0.25", "common.accum_freq=2", "common.save_interval_freq=3",
        "scheduler.max_epochs=16", "scheduler.warmup_iterations=4", "ema.momentum=0.1", nullptr);
    ::_exit(127);
  }

  std::string log_of(const std::string& run) const {
    return read_file((folder_.path() / (run + ".log")).string());
  }

  void run_to_the_end(const std::string& run) const {
    int status = 0;
    const pid_t process = start(run);
    ASSERT_EQ(::waitpid(process, &status, 0), process);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << log_of(run);
  }

  // Throws if it is torn.
  Safetensors checkpoint(const std::string& run, const std::string& name) const {
    return load_safetensors(folder_.path() / run / name);
  }

  std::size_t steps_of(const std::string& run) const {
    if (!fs::exists(folder_.path() / run / "checkpoint-last")) return 0;
    return nlohmann::json::parse(checkpoint(run, "checkpoint-last").metadata.at("state"))
        .at("iteration");
  }

  // Kills the run so many times: each time a little after it has come to a step drawn by seed, the
  // first time before it has a checkpoint. Every look at the checkpoint says whether it is whole.
  void run_with_kills(const std::string& run, std::size_t kills) const {
    std::mt19937 random(static_cast<std::mt19937::result_type>(kills));
    std::vector<std::size_t> places = {0};
    while (places.size() < kills) places.push_back(random() % (kSteps - 4));
    std::sort(places.begin(), places.end());
    for (const std::size_t place : places) {
      const pid_t process = start(run);
      while (steps_of(run) < place) {
        ASSERT_EQ(::waitpid(process, nullptr, WNOHANG), 0) << log_of(run);
        ::usleep(200);
      }
      // Up to a step or two where there is a place to reach, else somewhere in the start.
      ::usleep(static_cast<useconds_t>(random() % (place == 0 ? 800000 : 20000)));
      ::kill(process, SIGKILL);
      int status = 0;
      ASSERT_EQ(::waitpid(process, &status, 0), process);
      ASSERT_TRUE(WIFSIGNALED(status)) << "it had ended before it was killed:\n" << log_of(run);
    }
    run_to_the_end(run);
  }

  void expect_equal_runs(const std::string& a, const std::string& b) const {
    for (const char* name : {"checkpoint-last", "checkpoint-best"}) {
      const Safetensors one = checkpoint(a, name), other = checkpoint(b, name);
      EXPECT_EQ(one.metadata.at("state"), other.metadata.at("state"));
      ASSERT_EQ(one.tensors.size(), other.tensors.size());
      for (const auto& [tensor, values] : one.tensors)
        EXPECT_EQ(values.data, other.tensors.at(tensor).data) << name << ": " << tensor;
    }
    for (const char* name : {"model.safetensors", "config.json", "golden.safetensors"})
      EXPECT_EQ(read_file((folder_.path() / a / "model" / name).string()),
                read_file((folder_.path() / b / "model" / name).string()))
          << name;
    std::size_t entries = 0;
    for (const auto& entry : fs::directory_iterator(folder_.path() / b)) {
      ++entries;
      EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry << " was left";
    }
    EXPECT_EQ(entries, 6U);
  }

  void hold_with_kills(std::size_t kills) const {
    run_to_the_end("whole");
    run_with_kills("killed", kills);
    expect_equal_runs("whole", "killed");
    EXPECT_EQ(log_of("killed").find("repeat"), std::string::npos) << log_of("killed");
  }

  TemporaryFolder folder_;
};

TEST_F(KilledTraining, FiveTimesEndsWithTheWeightsOfTheRunThatNeverWas) { hold_with_kills(5); }

TEST_F(KilledTraining, FiftyTimesEndsWithTheWeightsOfTheRunThatNeverWas) { hold_with_kills(50); }

TEST_F(KilledTraining, ASecondOneIsKeptOutOfTheRunOfTheFirst) {
  const pid_t first = start("run");
  while (steps_of("run") == 0) ::usleep(1000);
  ::kill(first, SIGSTOP);
  int status = 0;
  const pid_t second = start("run");
  ASSERT_EQ(::waitpid(second, &status, 0), second);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2);
  EXPECT_NE(log_of("run").find("another process trains there"), std::string::npos) << log_of("run");
  ::kill(first, SIGKILL);
  ::waitpid(first, nullptr, 0);
}

}  // namespace
}  // namespace byteformer
