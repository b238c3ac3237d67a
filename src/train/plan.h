// A recipe for a folder that nobody wrote one for: from the files' lengths and number, and the time
// that training may take.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/folder_facts.h"
#include "recipe/recipe.h"

namespace byteformer {

struct Plan {
  Recipe recipe;
  std::vector<std::string> reasons;  // what was chosen and why, a line each
};

// Seconds of one training step of a recipe with so many bytes in each file of its batch. Of files
// of several lengths a step takes as long as of their mean: windows keep the work linear.
using StepSeconds = std::function<double(const Recipe&, std::size_t bytes)>;

// The largest of a few models that sees the files often enough within the time, its schedule as
// long as the time allows. The recipe's data is not filled in. Throws UsageError for a folder
// without two classes.
Plan plan_for(const FolderFacts& facts, double minutes, bool has_bf16,
              const StepSeconds& step_seconds);

// Whether training in BF16, or what stands for it there, is the faster way on the device.
bool trains_in_bf16(const std::string& device);

// Times steps on this machine's device "cpu" or "cuda", on random bytes, with so many threads.
double measured_step_seconds(const Recipe& recipe, std::size_t bytes, unsigned threads,
                             const std::string& device);

}  // namespace byteformer
