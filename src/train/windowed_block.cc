#include "train/windowed_block.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <memory>

#include "train/block.h"
#include "train/rows.h"
#include "train/thread_parts.h"

namespace byteformer {
namespace {

using kernels::Precision;
using Direction = Block::Direction;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Rows of a chunk: as many as make sums over rows worth their loads and stores, yet few enough for
// what a chunk works in to stay in the second cache.
constexpr std::size_t kChunkRows = 256, kChunkRowsOfFloats = 128;

// Windows as rows laid end to end, without those that are not attended to.
struct Windows {
  std::vector<std::int64_t> places;  // the row of x for each; -1 for a zero row
  std::vector<std::size_t> lengths;
  bool has_every_row = false;  // of x

  Windows(const LayerLayout& layout, std::int64_t rows) {
    std::int64_t held = 0;
    const auto w = static_cast<std::size_t>(layout.window);
    for (std::size_t begin = 0; begin < layout.gather.size(); begin += w) {
      const std::size_t before = places.size();
      for (std::size_t i = begin; i < begin + w; ++i) {
        if (!layout.attended.empty() && layout.attended[i] == 0) continue;
        places.push_back(layout.gather[i]);
        held += layout.gather[i] >= 0 ? 1 : 0;
      }
      lengths.push_back(places.size() - before);
    }
    has_every_row = held == rows;
  }
};

// A few windows that pass through the block together.
struct Chunk {
  std::size_t first_window = 0, windows = 0, first = 0, rows = 0;
};

// Chunks of about equal size, at least one a thread while there are windows.
std::vector<Chunk> chunks_of(const Windows& windows, std::size_t most_rows, std::size_t threads) {
  const std::size_t rows = windows.places.size(), enough = (rows + threads - 1) / threads;
  std::vector<Chunk> chunks;
  Chunk chunk;
  for (const std::size_t length : windows.lengths) {
    if (chunk.rows > 0 && chunk.rows + length > std::min(most_rows, enough)) {
      chunks.push_back(chunk);
      chunk = {chunk.first_window + chunk.windows, 0, chunk.first + chunk.rows, 0};
    }
    ++chunk.windows;
    chunk.rows += length;
  }
  if (chunk.rows > 0) chunks.push_back(chunk);
  return chunks;
}

// Memory whose size is known and whose content is not: freed and taken again in every step, so it
// comes from LibTorch's allocator, which keeps it.
at::Tensor bytes(std::size_t size) {
  return at::empty({static_cast<std::int64_t>(size)}, at::kByte);
}
std::byte* data(const at::Tensor& memory) {
  return reinterpret_cast<std::byte*>(memory.data_ptr());
}

// One block over one batch: what forward and backward share.
class Pass {
 public:
  Pass(Precision precision, const Windows& windows, at::Tensor given,
       const std::vector<at::Tensor>& parameters, Direction direction)
      : windows_(windows),
        x_(std::move(given)),
        d_(static_cast<std::size_t>(x_.size(1))),
        chunks_(chunks_of(windows, precision == Precision::kF32 ? kChunkRowsOfFloats : kChunkRows,
                          static_cast<std::size_t>(std::max(1, at::get_num_threads())))),
        parts_(thread_parts(chunks_.size())),
        block_(kernels::chosen_set(), precision,
               {d_, static_cast<std::size_t>(parameters[BlockTensors::kFc1Bias].numel())},
               tensors_of(parameters), direction) {
    for (const Chunk& chunk : chunks_) most_rows_ = std::max(most_rows_, chunk.rows);
    for (const std::size_t m : windows.lengths) longest_window_ = std::max(longest_window_, m);
  }

  // Bytes that the activations of so many rows take.
  std::size_t activations_size(std::size_t rows) const {
    const std::size_t element = block_.element_size();
    return rows * ((4 * d_ + block_.shape().hidden) * element + d_ * sizeof(float));
  }

  at::Tensor forward(std::byte* kept) const {
    at::Tensor y = like_x();
    for_each_part(chunks_.size(), parts_, [&](std::size_t, std::size_t begin, std::size_t end) {
      const Memory memory(*this, kept);
      for (std::size_t c = begin; c < end; ++c) {
        run_forward(chunks_[c], memory);
        scatter(memory.rows, chunks_[c], y);
      }
    });
    return y;
  }

  // Gradients of x and the parameters, in their order.
  variable_list backward(const at::Tensor& dy, std::byte* kept,
                         const std::vector<at::Tensor>& parameters) const {
    at::Tensor dx = like_x();
    std::vector<std::vector<at::Tensor>> sums(parts_);  // by part, of each parameter
    for_each_part(
        chunks_.size(), parts_, [&](std::size_t part, std::size_t begin, std::size_t end) {
          const Memory memory(*this, kept);
          for (const at::Tensor& parameter : parameters)
            sums[part].push_back(at::zeros(parameter.sizes(), at::kFloat));
          for (std::size_t c = begin; c < end; ++c) {
            const Chunk& chunk = chunks_[c];
            if (kept == nullptr) run_forward(chunk, memory);
            gather(x_, chunk, memory.rows);
            gather(dy, chunk, memory.slopes);
            block_.backward(memory.rows, memory.slopes, lengths(chunk), memory.activations(chunk),
                            tensors_of(sums[part]), memory.working);
            scatter(memory.slopes, chunk, dx);
          }
        });
    variable_list gradients = {dx};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      for (std::size_t part = 1; part < parts_; ++part) sums[0][i].add_(sums[part][i]);
      gradients.push_back(sums[0][i]);
    }
    return gradients;
  }

 private:
  // What a thread works in: rows of a chunk and their gradients, the block's own, and activations
  // where none are kept.
  struct Memory {
    Memory(const Pass& of, std::byte* kept_activations)
        : pass(of),
          kept(kept_activations),
          rows_size(aligned_size(of.most_rows_ * of.d_ * sizeof(float))),
          own_size(kept == nullptr ? aligned_size(of.activations_size(of.most_rows_)) : 0),
          whole(bytes(2 * rows_size + own_size +
                      of.block_.memory_size(of.most_rows_, of.longest_window_))),
          rows(reinterpret_cast<float*>(data(whole))),
          slopes(reinterpret_cast<float*>(data(whole) + rows_size)),
          own(data(whole) + 2 * rows_size),
          working(own + own_size) {}

    BlockActivations activations(const Chunk& chunk) const {
      return kept == nullptr ? pass.activations_at(own, 0, pass.most_rows_)
                             : pass.activations_at(kept, chunk.first, pass.windows_.places.size());
    }

    const Pass& pass;
    std::byte* kept;  // null: activations are computed again
    std::size_t rows_size, own_size;
    at::Tensor whole;
    float *rows, *slopes;
    std::byte *own, *working;
  };

  static BlockTensors tensors_of(const std::vector<at::Tensor>& tensors) {
    BlockTensors pointers;
    for (std::size_t i = 0; i < tensors.size(); ++i)
      pointers.of[i] = static_cast<float*>(tensors[i].data_ptr());
    return pointers;
  }

  // Rows that no window holds are zeros.
  at::Tensor like_x() const {
    return windows_.has_every_row ? at::empty_like(x_) : at::zeros_like(x_);
  }

  // Of the rows from `first` on, in memory that holds those of `rows`.
  BlockActivations activations_at(std::byte* memory, std::size_t first, std::size_t rows) const {
    const std::size_t element = block_.element_size(), hidden = block_.shape().hidden;
    std::byte* qkv = memory + rows * d_ * sizeof(float);
    std::byte* mixed = qkv + rows * 3 * d_ * element;
    std::byte* expanded = mixed + rows * d_ * element;
    return {qkv + first * 3 * d_ * element, mixed + first * d_ * element,
            reinterpret_cast<float*>(memory) + first * d_, expanded + first * hidden * element};
  }

  std::span<const std::size_t> lengths(const Chunk& chunk) const {
    return std::span(windows_.lengths).subspan(chunk.first_window, chunk.windows);
  }
  void gather(const at::Tensor& from, const Chunk& chunk, float* rows) const {
    gather_rows(from.const_data_ptr<float>(), windows_.places.data() + chunk.first, chunk.rows, d_,
                rows);
  }
  void scatter(const float* rows, const Chunk& chunk, const at::Tensor& to) const {
    scatter_rows(rows, windows_.places.data() + chunk.first, chunk.rows, d_,
                 static_cast<float*>(to.data_ptr()));
  }
  void run_forward(const Chunk& chunk, const Memory& memory) const {
    gather(x_, chunk, memory.rows);
    block_.forward(memory.rows, lengths(chunk), memory.activations(chunk), memory.working);
  }

  const Windows& windows_;
  at::Tensor x_;
  std::size_t d_;
  std::vector<Chunk> chunks_;
  std::size_t parts_;  // runs of chunks
  Block block_;
  std::size_t most_rows_ = 0, longest_window_ = 0;  // of a chunk; in rows
};

// What the backward pass needs beside tensors.
struct Saved : torch::CustomClassHolder {
  Saved(Windows w, Precision p) : windows(std::move(w)), precision(p) {}
  Windows windows;
  Precision precision;
};

struct WindowedBlock : Function<WindowedBlock> {
  template <class... Parameters>
  static at::Tensor forward(AutogradContext* context, const at::Tensor& given,
                            const LayerLayout& layout, Precision precision, bool keeps,
                            const Parameters&... given_parameters) {
    const at::Tensor x = given.contiguous();
    const std::vector<at::Tensor> parameters = {given_parameters.contiguous()...};
    auto saved = c10::make_intrusive<Saved>(Windows(layout, x.size(0)), precision);
    const Pass pass(precision, saved->windows, x, parameters, Direction::kForward);
    at::Tensor kept;
    if (keeps) kept = bytes(pass.activations_size(saved->windows.places.size()));
    const at::Tensor y = pass.forward(kept.defined() ? data(kept) : nullptr);
    variable_list tensors = {x, kept};
    tensors.insert(tensors.end(), parameters.begin(), parameters.end());
    context->save_for_backward(tensors);
    context->saved_data["saved"] = at::IValue::make_capsule(std::move(saved));
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved =
        c10::static_intrusive_pointer_cast<Saved>(context->saved_data["saved"].toCapsule());
    const variable_list tensors = context->get_saved_variables();
    const at::Tensor &x = tensors[0], &kept = tensors[1];
    const std::vector<at::Tensor> parameters(tensors.begin() + 2, tensors.end());
    const Pass pass(saved->precision, saved->windows, x, parameters,
                    kept.defined() ? Direction::kBackward : Direction::kBoth);
    variable_list result =
        pass.backward(gradients[0].contiguous(), kept.defined() ? data(kept) : nullptr, parameters);
    const at::Tensor none;
    result.insert(result.begin() + 1, {none, none, none});  // layout, precision, keeps
    return result;
  }
};

template <std::size_t... I>
at::Tensor applied(const at::Tensor& x, const std::vector<at::Tensor>& parameters,
                   const LayerLayout& layout, Precision precision, bool keeps,
                   std::index_sequence<I...>) {
  return WindowedBlock::apply(x, layout, precision, keeps, parameters[I]...);
}

}  // namespace

std::optional<Precision> kernel_precision(const at::Tensor& x, std::size_t hidden) {
  if (x.device().type() != at::kCPU || x.scalar_type() != at::kFloat || x.size(1) % 64 != 0 ||
      hidden % 64 != 0)
    return std::nullopt;
  if (!at::autocast::is_autocast_enabled(at::kCPU)) return Precision::kF32;
  if (at::autocast::get_autocast_dtype(at::kCPU) != at::kBFloat16 ||
      kernels::gradients_of(kernels::chosen_set(), Precision::kBf16) == nullptr)
    return std::nullopt;
  return Precision::kBf16;
}

at::Tensor windowed_block(const at::Tensor& x, const std::vector<at::Tensor>& parameters,
                          const LayerLayout& layout, Precision precision, bool recompute) {
  return applied(x, parameters, layout, precision, at::GradMode::is_enabled() && !recompute,
                 std::make_index_sequence<BlockTensors::kCount>());
}

}  // namespace byteformer
