#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/parallel.h"
#include "base/random.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/record.h"
#include "model/counts.h"
#include "model/geometry.h"
#include "model/initialization.h"
#include "model/model_directory.h"
#include "model/staged_forward.h"

namespace byteformer {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Work {
  std::string size = "tiny", masking = "reference";
  std::size_t kernel = 8, window = 128, bytes = 48564, classes = 1000, max_tokens = 50000;
};

StagedModel random_model(const Work& work, kernels::Precision precision) {
  ModelConfig config = config_of_size(work.size);
  config.kernel_size = work.kernel;
  config.windows.assign(config.layers, work.window);
  config.masking = work.masking == "strict" ? Masking::kStrict : Masking::kReference;
  config.classes = work.classes;
  config.max_tokens = std::max(work.max_tokens, tokens_for(work.bytes, work.kernel));
  return StagedModel(config, initial_weights(config, EmbeddingInit::kNormal, 1), precision);
}

StagedModel loaded_model(const std::string& path, kernels::Precision precision) {
  const ModelDirectory model = load_model(path);
  return StagedModel(model.config, model.weights, precision);
}

// The least seconds that one thread's registers need for the multiply-adds of a file of so many
// bytes, each in the precision in which the model does it. Without the stem, which is a table.
double least_seconds(const StagedModel& model, std::size_t bytes) {
  using kernels::Precision;
  const Macs macs = macs_padded(model.config(), bytes);
  auto seconds = [&](std::uint64_t count, Precision precision) {
    return static_cast<double>(count) / model.peak(precision);
  };
  const Precision linears = model.precision(),
                  attention = linears == Precision::kF32 ? Precision::kF32 : Precision::kBf16;
  return seconds(macs.linears + macs.merges, linears) + seconds(macs.attention, attention) +
         seconds(macs.classifier, Precision::kF32);
}

std::vector<std::uint8_t> random_bytes(std::size_t count) {
  Random random(1);
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random.next() & 0xFF);
  return bytes;
}

// Files a second where many are computed at once, each on one thread.
double many_files(const StagedModel& model, const std::vector<std::uint8_t>& bytes,
                  ThreadPool* pool, double ms_one) {
  const std::size_t threads = pool == nullptr ? 1 : pool->threads(),
                    each = static_cast<std::size_t>(std::clamp(500 / ms_one, 1.0, 1000.0)),
                    files = threads * each;
  const auto one = [&](std::size_t) { model.logits(bytes); };
  for_each(pool, threads, one);  // warm: each has working memory of its own
  const auto begin = Clock::now();
  for_each(pool, files, one);
  return static_cast<double>(files) / seconds_since(begin);
}

double peak_rss_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

Json measured(const StagedModel& model, std::size_t length, std::size_t runs, unsigned threads,
              bool stages) {
  std::optional<ThreadPool> pool;
  if (threads != 1) pool.emplace(threads);
  ThreadPool* shared = pool ? &*pool : nullptr;
  const std::vector<std::uint8_t> bytes = random_bytes(length);
  model.logits(bytes, shared);  // warm
  std::vector<double> ms;
  std::map<std::string, std::vector<double>> stages_ms;
  for (std::size_t i = 0; i < runs; ++i) {
    StageTimes times;
    const auto begin = Clock::now();
    model.logits(bytes, shared, stages ? &times : nullptr);
    ms.push_back(1e3 * seconds_since(begin));
    for (const auto& [stage, seconds] : times) stages_ms[stage].push_back(1e3 * seconds);
  }
  std::sort(ms.begin(), ms.end());
  const Macs macs = macs_padded(model.config(), length);
  const double least = ms.front(), work = static_cast<double>(macs.total() - macs.stem),
               used = shared == nullptr ? 1 : shared->threads();
  Json result = {{"ms_median", ms[ms.size() / 2]},
                 {"ms_min", least},
                 {"ms_p95", ms[std::min(ms.size() - 1, ms.size() * 95 / 100)]},
                 {"files_per_s", many_files(model, bytes, shared, least)},
                 {"mb_per_s", static_cast<double>(length) / 1e3 / least},
                 {"peak_rss_mb", peak_rss_mb()},
                 {"gmacs", work / 1e6 / least},
                 {"peak_gmacs", model.peak(model.precision()) / 1e9},
                 {"share_of_peak", 1e3 * least_seconds(model, length) / (least * used)},
                 {"kernels", model.kernels()},
                 {"precision", kernels::name_of(model.precision())},
                 {"threads", used},
                 {"bytes", length},
                 {"runs", runs}};
  for (auto& [stage, all] : stages_ms) {
    std::sort(all.begin(), all.end());
    result["stages_ms"][stage] = all[all.size() / 2];
  }
  return result;
}

std::string table_of(const Json& result) {
  std::string text;
  for (const auto& [key, value] : result.items()) {
    if (key == "stages_ms") {
      for (const auto& [stage, ms] : value.items())
        text += fmt::format("  {:<14} {:.3f} ms\n", stage, ms.get<double>());
    } else if (value.is_number_float()) {
      text += fmt::format("{:<16} {:.4g}\n", key, value.get<double>());
    } else {
      text += fmt::format("{:<16} {}\n", key,
                          value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return text;
}

}  // namespace

int bench(const std::vector<std::string>& arguments, const std::string&) {
  CLI::App app{
      "Measures the speed of a model, or of an architecture with random weights, on random bytes.\n"
      "share_of_peak: multiply-adds (of full windows, without the stem) over those that the "
      "registers alone could do in the least time.\n\n"
      "Examples:\n"
      "  byteformer bench models/fashion-mnist-tiff --bytes 2492\n"
      "  byteformer bench --size tiny --kernel 32 --window 128 --bytes 150668 --threads 1 --json",
      "byteformer bench"};
  std::string path, precision = "f32";
  Work work;
  std::size_t runs = 20;
  unsigned threads = 0;
  bool json = false, stages = false;
  app.add_option("model", path, "a model directory; without one, random weights")
      ->type_name("MODEL");
  app.add_option("--size", work.size, "tiny, small, base or huge")->capture_default_str();
  app.add_option("--kernel", work.kernel, "bytes of a token")->capture_default_str();
  app.add_option("--window", work.window, "tokens of a window")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--masking", work.masking, "of random weights")
      ->capture_default_str()
      ->check(CLI::IsMember({"reference", "strict"}));
  app.add_option("--classes", work.classes, "of random weights")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--precision", precision, "what products multiply")
      ->capture_default_str()
      ->check(CLI::IsMember({"f32", "bf16", "int8"}));
  app.add_option("--bytes", work.bytes, "length of the file")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--runs", runs, "forward passes that are timed")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_option("--threads", threads, "default: what the process may use")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--stages", stages, "also the median time of each stage");
  app.add_flag("--json", json, "one object");
  if (shows_help(app, arguments)) return kExitDone;

  const StagedModel model = starting([&] {
    const kernels::Precision chosen = *kernels::precision_named(precision);
    return path.empty() ? random_model(work, chosen) : loaded_model(path, chosen);
  });
  const ModelConfig& config = model.config();
  if (config.positions == Positions::kLearned &&
      tokens_for(work.bytes, config.kernel_size) > config.max_tokens)
    throw UsageError(fmt::format(
        "--bytes is {}, but this model has positions for {}. Give fewer bytes, or another model.",
        work.bytes, max_bytes_for(config.max_tokens, config.kernel_size)));
  const Json result = measured(model, work.bytes, runs, threads, stages);
  const bool as_json = json || chosen_format("", false) != Format::kTable;
  write_out(as_json ? result.dump() + "\n" : table_of(result));
  return kExitDone;
}

}  // namespace byteformer
