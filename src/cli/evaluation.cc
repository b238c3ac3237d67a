#include "cli/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "cli/say.h"
#include "files/name.h"

namespace byteformer {

Metrics Evaluation::metrics(std::size_t classes, double temperature) const {
  Metrics all(classes);
  for (const JudgedFile& file : judged) all.add(scaled(file.logits, temperature), file.target);
  return all;
}

std::size_t Evaluation::files_below(double threshold, double temperature) const {
  return static_cast<std::size_t>(
      std::count_if(judged.begin(), judged.end(), [&](const JudgedFile& file) {
        return highest_probability(file.logits, temperature) < threshold;
      }));
}

Evaluation evaluate(const Classifier& classifier, const EvalItems& items, unsigned threads) {
  constexpr std::size_t kBlock = 256;
  ThreadPool pool(threads);
  Evaluation result;
  for (std::size_t begin = 0; begin < items.count; begin += kBlock) {
    const std::size_t count = std::min(kBlock, items.count - begin);
    std::vector<std::vector<float>> logits(count);
    std::vector<EncodedItem> block(count);
    pool.for_each(count, [&](std::size_t i) {
      EncodedItem& item = block[i];
      item = items.at(begin + i);
      if (!item.error.empty()) return;
      try {
        logits[i] = classifier.logits(item.bytes);
      } catch (const InputError& error) {
        item.error = fmt::format("{} ({})", error.what(), name_of(error.kind()));
      }
      item.bytes = {};
    });
    for (std::size_t i = 0; i < count; ++i) {
      const auto most = std::max_element(logits[i].begin(), logits[i].end());
      result.labels.push_back(logits[i].empty()
                                  ? classifier.classes().size()
                                  : static_cast<std::size_t>(most - logits[i].begin()));
      if (!logits[i].empty()) {
        result.judged.push_back({std::move(logits[i]), block[i].class_index});
      } else {
        ++result.failed;
        say(fmt::format("{}: {}", printable(block[i].name), block[i].error));
      }
    }
  }
  return result;
}

}  // namespace byteformer
