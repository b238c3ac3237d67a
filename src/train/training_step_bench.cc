// Times whole training steps: from the bytes of files in memory to updated weights. Its options and
// its line of JSON are those of the peer script that benchmarks/training_step runs beside it.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "byteformer/error.h"
#include "files/tar.h"
#include "train/autocast.h"
#include "train/kept_memory.h"
#include "train/layout.h"
#include "train/loss.h"
#include "train/modules.h"
#include "train/optimizer.h"

namespace byteformer {
namespace {

using Clock = std::chrono::steady_clock;
using Files = std::vector<std::vector<std::uint8_t>>;

struct Work {
  std::size_t width = 192, layers = 12, kernel = 32, window = 128, classes = 1000, batch = 4,
              bytes = 150668, max_tokens = 50000, runs = 5, warmup = 1;
  std::string tar, precision = "f32", masking = "strict";
  int threads = 2;
  std::uint64_t seed = 1;
  bool checkpoint_activations = false;
};

ModelConfig config_of(const Work& work) {
  ModelConfig config;
  config.width = work.width;
  config.layers = work.layers;
  config.heads = work.width / ModelConfig::kHeadSize;
  config.ffn = 4 * work.width;
  config.kernel_size = work.kernel;
  config.windows.assign(work.layers, work.window);
  config.shifts = default_shifts(work.layers);
  config.merges = default_merges(work.layers);
  config.max_tokens = work.max_tokens;
  config.masking = work.masking == "strict" ? Masking::kStrict : Masking::kReference;
  config.classes = work.classes;
  return config;
}

// Random bytes for two steps, or the first files of an archive in an order that the seed draws.
Files files_of(const Work& work) {
  Files files;
  Random random(work.seed);
  if (work.tar.empty()) {
    files.resize(2 * work.batch);
    for (auto& file : files)
      for (std::size_t i = 0; i < work.bytes; ++i)
        file.push_back(static_cast<std::uint8_t>(random.below(256)));
    return files;
  }
  std::vector<TarMember> members;
  for_each_tar_member(
      work.tar, [&](const TarMember& member) { members.push_back(member); },
      [](const std::string& line) { std::cerr << line << "\n"; });
  std::vector<std::size_t> order = random.permutation(members.size());
  order.resize(std::min(order.size(), (work.runs + work.warmup) * work.batch));
  std::ifstream archive(work.tar, std::ios::binary);
  for (const std::size_t i : order) {
    std::vector<std::uint8_t> file(members[i].bytes);
    archive.seekg(static_cast<std::streamoff>(members[i].offset));
    archive.read(reinterpret_cast<char*>(file.data()), static_cast<std::streamsize>(file.size()));
    files.push_back(std::move(file));
  }
  return files;
}

Batch batch_at(const Files& files, std::size_t step, const Work& work) {
  Batch batch{{}, {0}, {}, {}};
  for (std::size_t i = 0; i < work.batch; ++i) {
    const auto& file = files[(step * work.batch + i) % files.size()];
    batch.ids.insert(batch.ids.end(), file.begin(), file.end());
    batch.offsets.push_back(static_cast<std::int64_t>(batch.ids.size()));
    batch.targets.push_back(static_cast<std::int64_t>(i % work.classes));
  }
  return work.masking == "strict" ? batch : padded(batch);
}

void run(const Work& work) {
  keep_freed_memory();
  at::set_num_threads(work.threads);
  const Files files = files_of(work);
  TrainableModel model(config_of(work), EmbeddingInit::kNormal, work.seed);
  model.checkpoint_activations(work.checkpoint_activations);
  Recipe::Optim options;
  options.weight_decay = 0.05;
  AdamW optimizer(model, options);
  optimizer.set_learning_rate(1e-4);
  std::vector<double> times, forward, backward, update;
  double bytes = 0, loss_value = 0;
  auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  };
  for (std::size_t step = 0; step < work.runs + work.warmup; ++step) {
    const Clock::time_point begin = Clock::now();
    const Batch batch = batch_at(files, step, work);
    at::Tensor loss;
    {
      const Autocast autocast(work.precision == "bf16");
      loss = cross_entropy(model.forward(batch), batch.targets, 0.1);
    }
    const Clock::time_point forward_end = Clock::now();
    loss.backward();
    const Clock::time_point backward_end = Clock::now();
    optimizer.step(0);
    if (step < work.warmup) continue;
    times.push_back(since(begin));
    forward.push_back(since(begin) - since(forward_end));
    backward.push_back(since(forward_end) - since(backward_end));
    update.push_back(since(backward_end));
    bytes += static_cast<double>(batch.ids.size());
    loss_value = loss.item<double>();
  }
  auto median = [](std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const nlohmann::ordered_json row = {
      {"masking", work.masking},
      {"precision", work.precision},
      {"threads", work.threads},
      {"width", work.width},
      {"layers", work.layers},
      {"kernel", work.kernel},
      {"window", work.window},
      {"batch", work.batch},
      {"bytes_per_step", static_cast<std::size_t>(bytes / static_cast<double>(times.size()))},
      {"median_ms", median(times)},
      {"min_ms", times.front()},
      {"forward_ms", median(forward)},
      {"backward_ms", median(backward)},
      {"update_ms", median(update)},
      {"runs", times.size()},
      {"loss", loss_value},
      {"peak_rss_mb", usage.ru_maxrss / 1024}};
  std::cout << row.dump() << "\n";
}

}  // namespace
}  // namespace byteformer

int main(int argc, char** argv) {
  byteformer::Work work;
  CLI::App app("Times training steps, from bytes in memory to updated weights.");
  app.add_option("--width", work.width);
  app.add_option("--layers", work.layers);
  app.add_option("--kernel", work.kernel);
  app.add_option("--window", work.window);
  app.add_option("--classes", work.classes);
  app.add_option("--batch", work.batch);
  app.add_option("--bytes", work.bytes, "length of every file");
  app.add_option("--tar", work.tar, "take files of this archive instead of random bytes");
  app.add_option("--precision", work.precision)->check(CLI::IsMember({"f32", "bf16"}));
  app.add_option("--masking", work.masking)->check(CLI::IsMember({"strict", "reference"}));
  app.add_option("--threads", work.threads);
  app.add_option("--runs", work.runs)->check(CLI::PositiveNumber);
  app.add_option("--warmup", work.warmup);
  app.add_option("--max-tokens", work.max_tokens);
  app.add_option("--seed", work.seed);
  app.add_flag("--checkpoint-activations", work.checkpoint_activations);
  CLI11_PARSE(app, argc, argv);
  try {
    byteformer::run(work);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
