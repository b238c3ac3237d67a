// A layer as a stage. It computes blocks of whole windows, which do not depend on each other; how
// many are gathered before they run changes the speed, never a bit.
#pragma once

#include <cstddef>
#include <vector>

#include "model/row_blocks.h"
#include "model/stage.h"

namespace byteformer {

class LayerStage : public Stage {
 public:
  LayerStage(const StageContext& context, std::size_t layer, Stage& next);
  void take(std::size_t first, std::size_t count, const float* rows) override;
  void finish(std::size_t n) override;

 private:
  struct Span {
    std::size_t begin, end;
  };
  std::size_t padded_rows() const;  // of the whole file, once known
  Span span_of(const RowBlock& block) const;
  Span unused_of(const RowBlock& block) const;
  void run();
  void pass_on(const RowBlock& block);

  const StageContext& context_;
  const std::string name_;
  const StagedLayer& layer_;
  Stage& next_;
  std::size_t window_, shift_;
  bool strict_;
  std::size_t lead_;
  std::size_t total_ = 0;    // rows of the file; 0 until it is known
  std::vector<float> held_;  // reference masking: the first `shift` rows, which belong to the end
  RowBlocks blocks_;
};

}  // namespace byteformer
