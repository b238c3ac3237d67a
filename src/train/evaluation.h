// A model's accuracy over a set of files while it trains.
#pragma once

#include <functional>
#include <optional>

#include "data/loader.h"
#include "report/metrics.h"
#include "train/modules.h"

namespace byteformer {

// Over one pass of the loader; nothing if is_over() became true between two batches.
std::optional<Metrics> evaluate(const TrainableModel& model, Loader& loader, bool bf16,
                                const std::function<bool()>& is_over);

}  // namespace byteformer
