// A token merge as a stage: two neighbouring rows become one.
#pragma once

#include <cstddef>

#include "model/row_blocks.h"
#include "model/stage.h"

namespace byteformer {

class MergeStage : public Stage {
 public:
  MergeStage(const StageContext& context, std::size_t layer, Stage& next);
  void take(std::size_t first, std::size_t count, const float* rows) override;
  void finish(std::size_t n) override;

 private:
  void run();

  const StageContext& context_;
  const std::string name_;
  const StagedMerge& merge_;
  Stage& next_;
  RowBlocks blocks_;
};

}  // namespace byteformer
