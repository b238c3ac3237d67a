#include "train/windowed_block.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "train/block.h"

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

struct Sizes {
  std::size_t rows = 0, longest = 0;  // of a chunk, of a window
};

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
        threads_(static_cast<std::size_t>(std::max(1, at::get_num_threads()))),
        chunks_(chunks_of(windows, precision == Precision::kF32 ? kChunkRowsOfFloats : kChunkRows,
                          threads_)),
        block_(kernels::chosen_set(), precision,
               {d_, static_cast<std::size_t>(parameters[BlockTensors::kFc1Bias].numel())},
               tensors_of(parameters), direction) {
    for (const Chunk& chunk : chunks_) most_.rows = std::max(most_.rows, chunk.rows);
    for (const std::size_t m : windows.lengths) most_.longest = std::max(most_.longest, m);
  }

  static BlockTensors tensors_of(const std::vector<at::Tensor>& tensors) {
    BlockTensors pointers;
    for (std::size_t i = 0; i < tensors.size(); ++i)
      pointers.of[i] = static_cast<float*>(tensors[i].data_ptr());
    return pointers;
  }

  // Bytes that the activations of so many rows take.
  std::size_t activations_size(std::size_t rows) const {
    const std::size_t element = block_.element_size();
    return rows * ((4 * d_ + block_.shape().hidden) * element + d_ * sizeof(float));
  }

  at::Tensor forward(std::byte* kept) const {
    at::Tensor y = windows_.has_every_row ? at::empty_like(x_) : at::zeros_like(x_);
    for_each_chunk(/*recomputes=*/kept == nullptr, [&](const Chunk& chunk, std::byte* memory,
                                                       std::byte* own, float* rows, std::size_t) {
      const BlockActivations activations =
          kept == nullptr ? activations_at(own, 0, most_.rows)
                          : activations_at(kept, chunk.first, windows_.places.size());
      gather(x_, chunk, rows);
      block_.forward(rows, lengths(chunk), activations, memory);
      scatter(rows, chunk, y);
    });
    return y;
  }

  // Gradients of x and the parameters, in their order.
  variable_list backward(const at::Tensor& dy, std::byte* kept,
                         const std::vector<at::Tensor>& parameters) const {
    at::Tensor dx = windows_.has_every_row ? at::empty_like(x_) : at::zeros_like(x_);
    std::vector<std::vector<at::Tensor>> sums(
        std::min(threads_, std::max<std::size_t>(1, chunks_.size())));
    for_each_chunk(kept == nullptr, [&](const Chunk& chunk, std::byte* memory, std::byte* own,
                                        float* rows, std::size_t thread) {
      if (sums[thread].empty())
        for (const at::Tensor& parameter : parameters)
          sums[thread].push_back(at::zeros(parameter.sizes(), at::kFloat));
      float* slopes = rows + most_.rows * d_;
      const BlockActivations activations =
          kept == nullptr ? activations_at(own, 0, most_.rows)
                          : activations_at(kept, chunk.first, windows_.places.size());
      if (kept == nullptr) {
        gather(x_, chunk, rows);
        block_.forward(rows, lengths(chunk), activations, memory);
      }
      gather(x_, chunk, rows);
      gather(dy, chunk, slopes);
      block_.backward(rows, slopes, lengths(chunk), activations, tensors_of(sums[thread]), memory);
      scatter(slopes, chunk, dx);
    });
    variable_list gradients = {dx};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      at::Tensor sum;
      for (const auto& of_thread : sums) {
        if (of_thread.empty()) continue;
        if (sum.defined())
          sum.add_(of_thread[i]);
        else
          sum = of_thread[i];
      }
      gradients.push_back(sum.defined() ? sum : at::zeros_like(parameters[i]));
    }
    return gradients;
  }

 private:
  std::span<const std::size_t> lengths(const Chunk& chunk) const {
    return std::span(windows_.lengths).subspan(chunk.first_window, chunk.windows);
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

  void gather(const at::Tensor& from, const Chunk& chunk, float* rows) const {
    const float* given = from.const_data_ptr<float>();
    for (std::size_t i = 0; i < chunk.rows; ++i) {
      const std::int64_t place = windows_.places[chunk.first + i];
      if (place < 0)
        std::memset(rows + i * d_, 0, d_ * sizeof(float));
      else
        std::memcpy(rows + i * d_, given + static_cast<std::size_t>(place) * d_,
                    d_ * sizeof(float));
    }
  }
  void scatter(const float* rows, const Chunk& chunk, const at::Tensor& to) const {
    auto* taken = static_cast<float*>(to.data_ptr());
    for (std::size_t i = 0; i < chunk.rows; ++i)
      if (const std::int64_t place = windows_.places[chunk.first + i]; place >= 0)
        std::memcpy(taken + static_cast<std::size_t>(place) * d_, rows + i * d_,
                    d_ * sizeof(float));
  }

  // body(chunk, working memory, activations of a chunk, two chunks' rows, thread): each thread
  // takes a fixed run of chunks, so that sums have one order.
  template <class Body>
  void for_each_chunk(bool recomputes, const Body& body) const {
    const std::size_t rows_size = aligned_size(2 * most_.rows * d_ * sizeof(float)),
                      kept_size = recomputes ? aligned_size(activations_size(most_.rows)) : 0,
                      size = block_.memory_size(most_.rows, most_.longest);
    const auto parts = static_cast<std::int64_t>(std::min(threads_, chunks_.size()));
    at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
      const at::Tensor memory = bytes(rows_size + kept_size + size);
      std::byte* base = data(memory);
      for (std::int64_t part = begin; part < end; ++part)
        for (std::size_t c = boundary(part, parts); c < boundary(part + 1, parts); ++c)
          body(chunks_[c], base + rows_size + kept_size, base + rows_size,
               reinterpret_cast<float*>(base), static_cast<std::size_t>(part));
    });
  }
  std::size_t boundary(std::int64_t part, std::int64_t parts) const {
    return chunks_.size() * static_cast<std::size_t>(part) / static_cast<std::size_t>(parts);
  }

  const Windows& windows_;
  at::Tensor x_;
  std::size_t d_, threads_;
  std::vector<Chunk> chunks_;
  Block block_;
  Sizes most_;
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

std::optional<Precision> block_precision(const at::Tensor& x, std::size_t hidden) {
  if (x.device().type() != at::kCPU || x.scalar_type() != at::kFloat || x.size(1) % 64 != 0 ||
      hidden % 64 != 0)
    return std::nullopt;
  const kernels::Set& set = kernels::chosen_set();
  if (!at::autocast::is_autocast_enabled(at::kCPU)) return Precision::kF32;
  if (at::autocast::get_autocast_dtype(at::kCPU) != at::kBFloat16 || set.bf16 == nullptr)
    return std::nullopt;
  return Precision::kBf16;
}

at::Tensor windowed_block(const at::Tensor& x, const std::vector<at::Tensor>& parameters,
                          const LayerLayout& layout, Precision precision, bool recompute) {
  return applied(x, parameters, layout, precision, at::GradMode::is_enabled() && !recompute,
                 std::make_index_sequence<BlockTensors::kCount>());
}

}  // namespace byteformer
