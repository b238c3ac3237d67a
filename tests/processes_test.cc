// Training in many processes, as the launchers of a cluster start it.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/history.h"
#include "tensor/safetensors.h"
#include "tests/shell.h"

namespace byteformer {
namespace {

class Processes : public testing::Test {
 protected:
  // Two classes, files of uneven lengths, a few of them without a byte, which are skipped: so the
  // parts of a batch are uneven too.
  void SetUp() override {
    for (int i = 0; i < 30; ++i) {
      write("train/letters", i, 'a', i % 7 == 3);
      write("train/digits", i, '0', i % 5 == 1);
    }
    for (int i = 0; i < 9; ++i) {
      write("validation/letters", i, 'c', false);
      write("validation/digits", i, '1', i == 4);
    }
  }
  void write(const std::string& name, int i, char first, bool is_empty) const {
    std::string contents;
    for (int b = 0; b < (is_empty ? 0 : 5 + i * 7); ++b)
      contents += static_cast<char>(first + (b * i + b) % 9);
    folder_.write(name + "/" + std::to_string(i), contents);
  }

  // Bash lines with the function `train OUTPUT BATCH [option ...]`, one process of it.
  ShellOutcome run(const std::string& lines, int seconds = 60) const {
    return run_bash(folder_,
                    "train() { local output=$1 batch=$2; shift 2\n"
                    "  '" BYTEFORMER_BIN
                    "/byteformer-train' --output $output --threads 1 "
                    "dataset.root_train=train dataset.root_val=validation "
                    "dataset.train_batch_size0=$batch model.classification.byteformer.width=64 "
                    "model.classification.byteformer.layers=2 "
                    "model.classification.byteformer.ffn=64 "
                    "model.classification.byteformer.conv_kernel_size=4 "
                    "model.classification.byteformer.window_sizes=16 "
                    "model.classification.byteformer.max_num_tokens=200 "
                    "scheduler.warmup_iterations=4 \"$@\"; }\n"
                    // One of two processes without a launcher: member RANK PORT train ...
                    "member() { local rank=$1 port=$2; shift 2; RANK=$rank LOCAL_RANK=$rank "
                    "WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \"$@\"; }\n"
                    "until_saved() { while [ ! -e run/checkpoint-last ]; do sleep 0.05; done; }\n"
                    "free_port() { python3 -c 'import socket; s = socket.socket(); "
                    "s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])'; }\n" +
                        lines,
                    seconds);
  }

  Safetensors checkpoint(const std::string& run) const {
    return load_safetensors(folder_.path() / run / "checkpoint-last");
  }
  std::vector<EpochRow> history(const std::string& run) const {
    return parse_history_csv(read_file((folder_.path() / run / "history.csv").string()));
  }

  // Of the first step's gradients, which are ten times AdamW's first moments then, the largest
  // difference in parts of the root mean square of all.
  double gradient_difference(const std::string& a, const std::string& b) const {
    const Safetensors one = checkpoint(a), other = checkpoint(b);
    double squares = 0, largest = 0;
    std::size_t count = 0;
    for (const auto& [name, tensor] : one.tensors) {
      if (!name.starts_with("adamw/exp_avg/")) continue;
      const std::vector<double> x = tensor.to_doubles(), y = other.tensors.at(name).to_doubles();
      for (std::size_t i = 0; i < x.size(); ++i) {
        largest = std::max(largest, std::abs(x[i] - y[i]));
        squares += x[i] * x[i];
      }
      count += x.size();
    }
    EXPECT_GT(count, 0U);
    return largest / std::sqrt(squares / static_cast<double>(count));
  }

  TemporaryFolder folder_;
};

TEST_F(Processes, TheGradientOfTwoIsThatOfOneWithTwiceTheBatch) {
  const ShellOutcome o =
      run("set -e; train one 16 common.max_iterations=1\n"
          "train two 8 common.max_iterations=1 --processes 2\n"
          "train half 8 common.max_iterations=1\n"
          "train accumulated 4 common.max_iterations=1 common.accum_freq=2\n"
          "train accumulated_in_two 2 common.max_iterations=1 common.accum_freq=2 --processes 2");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_LT(gradient_difference("one", "two"), 1e-4);
  EXPECT_LT(gradient_difference("accumulated", "accumulated_in_two"), 1e-4);
  EXPECT_GT(gradient_difference("one", "half"), 0.1) << "the measure would see a difference";
}

TEST_F(Processes, EvaluationCountsEachFileOnceForAnyNumber) {
  const ShellOutcome o = run(
      "set -e; for n in 1 2 3; do train of$n $((12 / n)) common.max_iterations=2 --processes $n; "
      "done");
  ASSERT_EQ(o.status, 0) << o.err;
  for (const char* other : {"of2", "of3"}) {
    const EpochRow a = history("of1").at(0), b = history(other).at(0);
    EXPECT_EQ(a.val_top1, b.val_top1) << other;
    EXPECT_NEAR(a.val_loss, b.val_loss, 1e-5 * a.val_loss) << other;
    EXPECT_NEAR(a.train_loss, b.train_loss, 1e-5 * a.train_loss) << other;
    EXPECT_NEAR(a.ema_val_loss, b.ema_val_loss, 1e-5 * a.ema_val_loss) << other;
  }
}

// A step takes a batch of each process, so an epoch has fewer; rates go by steps and epochs alone.
TEST_F(Processes, StepsOfAnEpochAreDividedAndTheRateStays) {
  const ShellOutcome o =
      run("set -e; train one 4 scheduler.max_epochs=2\n"
          "train three 4 scheduler.max_epochs=2 --processes 3\n"
          "train twelve 12 scheduler.max_epochs=2");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(history("one").at(1).iteration, 2 * 60U / 4);
  EXPECT_EQ(history("three").at(1).iteration, 2 * 60U / 12);
  for (const std::size_t epoch : {0, 1})
    EXPECT_EQ(history("three").at(epoch).learning_rate, history("twelve").at(epoch).learning_rate);
}

TEST_F(Processes, ARunGoesOnWithAnotherNumberAndSaysSo) {
  const ShellOutcome o =
      run("set -e; train run 6 common.max_iterations=3 --processes 2\n"
          "train run 4 common.max_iterations=0 scheduler.max_epochs=2 --processes 3 --resume\n"
          "train run 12 common.max_iterations=0 scheduler.max_epochs=3 --resume");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_NE(o.err.find("began with 2 processes and goes on with 3"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("goes on at epoch 1, batch 3, step 3"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("began with 3 processes and goes on with 1"), std::string::npos) << o.err;
  EXPECT_EQ(history("run").at(2).iteration, 15U);
}

TEST_F(Processes, OneThatDiesEndsTheOthersOfTheLauncherWhichNamesIt) {
  const ShellOutcome o =
      run("train run 4 scheduler.max_epochs=100000 --processes 3 & launcher=$!\n"
          "until_saved\n"
          "kill -9 $(pgrep -P $(pgrep -P $launcher) | sed -n 2p); wait $launcher; echo status $?");
  EXPECT_EQ(o.out, "status 1\n") << o.err;
  EXPECT_NE(o.err.find("process 1 of 3 was ended by signal 9"), std::string::npos) << o.err;
}

TEST_F(Processes, AStoppedLauncherWritesACheckpointAndExitsWithSeventyFive) {
  const ShellOutcome o =
      run("train run 4 scheduler.max_epochs=100000 --processes 2 & launcher=$!\n"
          "until_saved\n"
          "kill -TERM $(pgrep -P $launcher); wait $launcher; echo status $?");
  EXPECT_EQ(o.out, "status 75\n") << o.err;
  EXPECT_NE(o.err.find("stopped; to go on: byteformer train"), std::string::npos) << o.err;
  EXPECT_EQ(o.err.find("stopped; to go on"), o.err.rfind("stopped; to go on")) << "said once";
}

TEST_F(Processes, OneThatFailsIsNamedByTheOthersWithItsReason) {
  const ShellOutcome o = run(
      "port=$(free_port); cp -r train other; rm other/letters/0\n"
      "member 1 $port train run 4 dataset.root_train=other 2> second & member 0 $port train run 4\n"
      "echo status $?; wait $!; echo status $?");
  EXPECT_EQ(o.out, "status 1\nstatus 2\n") << o.err;
  EXPECT_NE(o.err.find("process 1 of 2"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("list of files here is another"), std::string::npos) << o.err;
}

TEST_F(Processes, OneWithAnotherRecipeIsRefusedAndTheDifferenceSaid) {
  const ShellOutcome o = run(
      "port=$(free_port); cp -r train copy\n"
      "member 1 $port train run 4 scheduler.cosine.max_lr=0.5 dataset.root_train=copy 2> second &\n"
      "member 0 $port train run 4; echo status $?; wait $!; echo status $?; cat second");
  EXPECT_EQ(o.out.substr(0, 18), "status 1\nstatus 2\n") << o.out << o.err;
  EXPECT_NE(o.out.find("\"    max_lr: 0.5\" and not \"    max_lr: 0.0003\""), std::string::npos)
      << o.out;
}

// A copy of the data on each machine is the same data.
TEST_F(Processes, DataMayLieElsewhereOnEachMachine) {
  const ShellOutcome o = run(
      "port=$(free_port); cp -r train copy\n"
      "member 1 $port train run 4 common.max_iterations=1 dataset.root_train=copy 2> second &\n"
      "member 0 $port train run 4 common.max_iterations=1; echo status $?; wait $!; echo status "
      "$?; cat second");
  EXPECT_EQ(o.out.substr(0, 18), "status 0\nstatus 0\n") << o.out << o.err;
}

// No launcher that sees it: half a minute of silence.
TEST_F(Processes, OneThatIsKilledIsNamedByTheOthersWithinAMinute) {
  for (const std::string killed : {"0", "1"}) {
    const ShellOutcome o =
        run("rm -rf run; port=$(free_port); declare -A id\n"
            "for r in 0 1; do member $r $port train run 4 scheduler.max_epochs=100000 2> log$r & "
            "id[$r]=$!; done\n"
            "until_saved\n"
            "kill -9 $(pgrep -P ${id[" +
                killed +
                "]})\n"
                "timeout 60 tail --pid=${id[$((1 - " +
                killed +
                "))]} -f /dev/null; echo waited $?\n"
                "wait ${id[$((1 - " +
                killed + "))]}; echo status $?; cat log$((1 - " + killed + "))",
            120);
    EXPECT_NE(o.out.find("waited 0\nstatus 1\n"), std::string::npos) << o.out << o.err;
    EXPECT_NE(o.out.find("process " + killed + " of 2"), std::string::npos) << o.out;
    EXPECT_NE(o.out.find("is lost"), std::string::npos) << o.out;
  }
}

class Launchers : public Processes {
 protected:
  void hold(const char* program, const std::string& line) const {
    if (run("command -v " + std::string(program)).status != 0)
      GTEST_SKIP() << program << " is not installed";
    const ShellOutcome o =
        run("set -e; export -f train; train one 8 common.max_iterations=2\n" + line);
    ASSERT_EQ(o.status, 0) << o.err;
    EXPECT_NEAR(history("one").at(0).val_loss, history("two").at(0).val_loss, 1e-4) << o.err;
    const std::string state = checkpoint("two").metadata.at("state");
    EXPECT_EQ(nlohmann::json::parse(state).at("processes"), 2);
  }
};

TEST_F(Launchers, MpirunOfOpenMpi) {
  hold("mpirun",
       "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 MASTER_ADDR=127.0.0.1 "
       "MASTER_PORT=$(free_port)\n"
       "mpirun --oversubscribe -np 2 -x MASTER_ADDR -x MASTER_PORT bash -c "
       "'RANK=$OMPI_COMM_WORLD_RANK WORLD_SIZE=$OMPI_COMM_WORLD_SIZE "
       "LOCAL_RANK=$OMPI_COMM_WORLD_LOCAL_RANK train two 4 common.max_iterations=2'");
}

TEST_F(Launchers, Torchrun) {
  hold("torchrun",
       "torchrun --nproc-per-node 2 --no-python bash -c 'train two 4 common.max_iterations=2'");
}

TEST_F(Launchers, Srun) {
  hold("srun",
       "export MASTER_ADDR=127.0.0.1 MASTER_PORT=$(free_port)\n"
       "srun --ntasks 2 bash -c 'RANK=$SLURM_PROCID WORLD_SIZE=$SLURM_NTASKS "
       "LOCAL_RANK=$SLURM_LOCALID train two 4 common.max_iterations=2'");
}

}  // namespace
}  // namespace byteformer
