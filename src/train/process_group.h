// The processes that train together: sums over them, and word of one that is lost.
//
// PyTorch's own engine (c10d): processes meet at a store of rank 0, and Gloo moves the data between
// them, NCCL that of GPUs. Every process makes the same calls in the same order. A group of one
// process makes none of these connections; its sums are its own values.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "train/membership.h"

namespace byteformer {

class ProcessGroup {
 public:
  // Waits until all have come; throws Error after five minutes. From then on, where another process
  // fails or has not been heard of for half a minute, `lost` is called with a message that names
  // it. That is in a thread of its own, since this one may sit in a sum that will never end, so
  // `lost` should end the program.
  ProcessGroup(const Membership& membership, at::Device device,
               std::function<void(const std::string&)> lost);
  // Waits for the others to come here as well.
  ~ProcessGroup();

  std::size_t rank() const { return membership_.rank; }
  std::size_t size() const { return membership_.size; }
  bool is_first() const { return rank() == 0; }
  std::string name() const;  // "process 1 of 4 (on HOST)"

  void sum(std::span<double> values);  // in place
  bool any(bool value);
  void copy_from_first(at::Tensor tensor);             // in place, of any device
  std::string text_of_first(const std::string& text);  // the same in all

  // Tells the others why this process ends early.
  void fail(const std::string& why) noexcept;
  // For a process that knows that another one fails: waits for `lost`.
  [[noreturn]] void wait_for_word();

  // For parameters whose gradients are to be means over all processes: those of the last layers
  // are sent while a backward pass still computes those of the first.
  class GradientMean {
   public:
    // The group has more than one process.
    GradientMean(ProcessGroup& group, std::vector<at::Tensor> parameters);
    ~GradientMean();
    // loss.backward(), after which the gradients that had been added up here are the same
    // everywhere. A plain loss.backward() only adds up.
    void backward(const at::Tensor& loss);

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  struct Engine;

  Membership membership_;
  std::unique_ptr<Engine> engine_;  // none for one process
};

}  // namespace byteformer
