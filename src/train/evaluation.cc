#include "train/evaluation.h"

#include <ATen/core/grad_mode.h>

#include "train/autocast.h"

namespace byteformer {

std::optional<Metrics> evaluate(const TrainableModel& model, Loader& loader, bool mixed,
                                const std::function<bool()>& is_over, ProcessGroup& group) {
  const at::NoGradGuard no_grad;
  const Autocast autocast(mixed, model.device());
  const std::size_t classes = model.config().classes;
  Metrics metrics(classes);
  loader.start(0);
  bool ended = false;
  while (const std::optional<Batch> batch = loader.next()) {
    ended = is_over();
    if (ended) break;
    if (batch->targets.empty()) continue;
    const at::Tensor logits =
        model.forward(*batch).to(at::kCPU, at::kFloat).contiguous();  // [files, classes]
    const auto* values = logits.const_data_ptr<float>();
    for (std::size_t i = 0; i < batch->targets.size(); ++i)
      metrics.add({values + i * classes, classes}, static_cast<std::size_t>(batch->targets[i]));
  }
  if (group.any(ended)) return std::nullopt;
  std::vector<double> totals = metrics.totals();
  group.sum(totals);
  return Metrics(classes, totals);
}

}  // namespace byteformer
