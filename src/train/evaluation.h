// A model's accuracy over a set of files while it trains.
#pragma once

#include <functional>
#include <optional>

#include "data/loader.h"
#include "report/metrics.h"
#include "train/modules.h"
#include "train/process_group.h"

namespace byteformer {

// Over one pass of the loaders of all processes, each with its part of the files; nothing if
// is_over() became true in one of them between two batches.
std::optional<Metrics> evaluate(const TrainableModel& model, Loader& loader, bool mixed,
                                const std::function<bool()>& is_over, ProcessGroup& group);

}  // namespace byteformer
