#include "model/simple_forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "byteformer/error.h"
#include "kernels/kernels.h"
#include "model/geometry.h"
#include "model/linear.h"
#include "model/parameters.h"

namespace byteformer {
namespace {

using kernels::Arithmetic;
using kernels::Epilogue;
using kernels::Set;

struct Layer {
  Norm norm_attention, norm_ffn;
  Linear qkv, projection, expand, contract;
};

struct Merge {
  Linear reduction;
  Norm norm;
};

// What would read beside the tables.
void check_ids(std::span<const std::int32_t> ids, std::size_t tokens, std::size_t max_tokens) {
  if (tokens > max_tokens)
    throw UsageError(
        fmt::format("{} ids make {} tokens, but this model has positions for {}. Cut the ids.",
                    ids.size(), tokens, max_tokens));
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < -1 || ids[i] > 255)
      throw UsageError(
          fmt::format("id {} is {}, but must be a byte (0 to 255) or padding (-1). Give "
                      "bytes as unsigned numbers.",
                      i, ids[i]));
}

}  // namespace

struct SimpleModel::Weights {
  const Set& set;
  const Arithmetic& f32 = *set.f32;
  ModelConfig config;
  std::vector<float> table;      // [k, 257, d]; without a stem the embedding [257, d]
  std::vector<float> positions;  // [max_tokens, d]
  std::vector<Layer> layers;
  std::vector<Merge> merges;  // by layer; empty where none follows
  Norm norm;
  Linear classifier;

  Weights(const ModelConfig& c, const TensorMap& tensors) : set(kernels::chosen_set()), config(c) {
    check(config);
    const WeightReader reader(config, tensors);
    build_table(reader);
    positions = reader.copied("pos_embed.pos_embed.pos_embed");
    for (std::size_t i = 0; i < config.layers; ++i) {
      const std::string p = layer_prefix(i);
      layers.push_back({reader.norm(p + "pre_norm_mha.0"), reader.norm(p + "pre_norm_ffn.0"),
                        reader.linear(f32, p + "pre_norm_mha.1.qkv_proj"),
                        reader.linear(f32, p + "pre_norm_mha.1.out_proj"),
                        reader.linear(f32, p + "pre_norm_ffn.1"),
                        reader.linear(f32, p + "pre_norm_ffn.4")});
      merges.emplace_back();
      if (config.merges[i])
        merges[i] = {reader.linear(f32, merge_prefix(i) + "reduction", false),
                     reader.norm(merge_prefix(i) + "norm")};
    }
    norm = reader.norm("post_transformer_norm");
    classifier = reader.linear(f32, "classifier");
  }

  // The stem is linear in one-hot bytes: T[p, b] = W[:, :, p] * E[b], and a token is the sum of k
  // rows of T.
  void build_table(const WeightReader& reader) {
    const std::size_t d = config.width, k = config.kernel_size, rows = ModelConfig::kVocabulary;
    const std::vector<float> embedding = reader.copied("embeddings.weight");
    if (k == 0) {
      table = embedding;
      return;
    }
    const Floats conv = reader.floats("token_reduction_net.weight");  // [d, d, k]
    AlignedBytes packed(f32.packed_size(d, d));
    table.resize(k * rows * d);
    for (std::size_t p = 0; p < k; ++p) {
      f32.pack(conv.data() + p, d * k, k, d, d, packed.data());
      f32.product(embedding.data(), f32.operand_size(d), packed.data(), nullptr,
                  table.data() + p * rows * d, d, rows, d, d, Epilogue::kStore);
    }
  }

  // Tokens with their positions, x [n, d].
  std::vector<float> stem(std::span<const std::int32_t> ids, std::size_t n) const {
    const std::size_t d = config.width, k = config.kernel_size, stride = k == 0 ? 1 : k / 2;
    std::vector<float> x(n * d, 0.0F);
    for (std::size_t t = 0; t < n; ++t) {
      float* row = x.data() + t * d;
      for (std::size_t p = 0; p < std::max<std::size_t>(k, 1); ++p) {
        const std::int32_t id = ids[t * stride + p];
        const std::size_t entry = p * ModelConfig::kVocabulary +
                                  static_cast<std::size_t>(id < 0 ? ModelConfig::kPaddingId : id);
        for (std::size_t c = 0; c < d; ++c) row[c] += table[entry * d + c];
      }
      for (std::size_t c = 0; c < d; ++c) row[c] += positions[t * d + c];
    }
    return x;
  }

  // One window through one layer: x += Proj(MHA(LN(x))); x += FC2(GELU(FC1(LN(x)))). x [m, d];
  // slots that are not attended to are computed and left unread.
  void window_layer(const Layer& layer, std::vector<float>& x,
                    const std::vector<bool>& attended) const {
    const std::size_t m = attended.size(), d = config.width, head = ModelConfig::kHeadSize;
    constexpr std::size_t kStrip = 64;  // rows of scores at a time: 32 KB for a window of 128
    const std::size_t ld = (m + 15) / 16 * 16;  // of a row of scores, as softmax wants it
    std::vector<float> h(m * d), qkv(m * 3 * d), mixed(m * d), scores(std::min(kStrip, m) * ld),
        hidden(m * config.ffn);
    AlignedBytes keys(f32.packed_size(m, head)), values(f32.packed_size(head, m));
    layer.norm_attention.apply(set, x.data(), h.data(), m);
    layer.qkv.apply(h.data(), qkv.data(), 3 * d, m);  // [m, 3, heads, 64]
    for (std::size_t r = 0; r < m; ++r)
      for (std::size_t c = 0; c < d; ++c)
        qkv[r * 3 * d + c] *= 0.125F;  // 1 / sqrt(64), a power of two
    for (std::size_t at = 0; at < d; at += head) {
      const float *q = qkv.data() + at, *k = q + d, *v = q + 2 * d;
      f32.pack(k, 3 * d, 1, m, head, keys.data());
      f32.pack(v, 1, 3 * d, head, m, values.data());
      for (std::size_t strip = 0; strip < m; strip += kStrip) {
        const std::size_t rows = std::min(kStrip, m - strip);
        f32.product(q + strip * 3 * d, f32.operand_size(3 * d), keys.data(), nullptr, scores.data(),
                    ld, rows, m, head, Epilogue::kStore);
        for (std::size_t b = 0; b < m; ++b)
          if (!attended[b])
            for (std::size_t a = 0; a < rows; ++a)
              scores[a * ld + b] = -std::numeric_limits<float>::infinity();
        set.softmax(scores.data(), ld, rows, m);
        f32.product(scores.data(), f32.operand_size(ld), values.data(), nullptr,
                    mixed.data() + strip * d + at, d, rows, head, m, Epilogue::kStore);
      }
    }
    layer.projection.apply(mixed.data(), x.data(), d, m, Epilogue::kAdd);
    layer.norm_ffn.apply(set, x.data(), h.data(), m);
    layer.expand.apply(h.data(), hidden.data(), config.ffn, m);
    set.gelu(hidden.data(), hidden.size());
    layer.contract.apply(hidden.data(), x.data(), d, m, Epilogue::kAdd);
  }

  void layer(std::size_t i, std::vector<float>& x, const std::vector<bool>& real,
             ThreadPool* pool) const {
    const std::size_t d = config.width;
    const std::vector<WindowRows> windows =
        windows_of(real.size(), config.windows[i], config.shifts[i], config.masking);
    for_each(pool, windows.size(), [&](std::size_t number) {
      const WindowRows& rows = windows[number];
      std::vector<float> local(rows.size() * d, 0.0F);
      std::vector<bool> attended(rows.size(), true);
      for (std::size_t j = 0; j < rows.size(); ++j) {
        if (rows[j] < 0) continue;  // a zero row, which reference masking attends to
        std::copy_n(x.data() + static_cast<std::size_t>(rows[j]) * d, d, local.data() + j * d);
        attended[j] = real[static_cast<std::size_t>(rows[j])];
      }
      window_layer(layers[i], local, attended);
      for (std::size_t j = 0; j < rows.size(); ++j)
        if (rows[j] >= 0)
          std::copy_n(local.data() + j * d, d, x.data() + static_cast<std::size_t>(rows[j]) * d);
    });
  }

  // Two rows become one: channel by channel, the two tokens side by side (2c + t), a linear layer,
  // a norm. A row that is padding, and the one missing beside an odd last row, is zero.
  void merge(std::size_t i, std::vector<float>& x, std::vector<bool>& real,
             ThreadPool* pool) const {
    const std::size_t n = real.size(), d = config.width, half = (n + 1) / 2;
    std::vector<float> y(half * d);
    constexpr std::size_t kBlock = 64;
    for_each(pool, (half + kBlock - 1) / kBlock, [&](std::size_t block) {
      const std::size_t begin = block * kBlock, rows = std::min(kBlock, half - begin);
      std::vector<float> pairs(rows * 2 * d, 0.0F);
      for (std::size_t t = 2 * begin; t < std::min(2 * (begin + rows), n); ++t) {
        if (!real[t]) continue;
        for (std::size_t c = 0; c < d; ++c)
          pairs[(t / 2 - begin) * 2 * d + 2 * c + t % 2] = x[t * d + c];
      }
      merges[i].reduction.apply(pairs.data(), y.data() + begin * d, d, rows);
      merges[i].norm.apply(set, y.data() + begin * d, y.data() + begin * d, rows);
    });
    std::vector<bool> merged(half);
    for (std::size_t r = 0; r < half; ++r)
      merged[r] = real[2 * r] || (2 * r + 1 < n && real[2 * r + 1]);
    x = std::move(y);
    real = std::move(merged);
  }
};

SimpleModel::SimpleModel(const ModelConfig& config, const TensorMap& weights)
    : weights_(std::make_unique<const Weights>(config, weights)) {}
SimpleModel::~SimpleModel() = default;
SimpleModel::SimpleModel(SimpleModel&&) noexcept = default;

const ModelConfig& SimpleModel::config() const { return weights_->config; }

const char* SimpleModel::kernels() const { return weights_->set.name; }

std::vector<float> SimpleModel::logits(std::span<const std::int32_t> given, ThreadPool* pool,
                                       const StageObserver& observe) const {
  const Weights& m = *weights_;
  const std::size_t d = m.config.width, k = m.config.kernel_size;
  std::vector<std::int32_t> ids(given.begin(), given.end());
  ids.resize(std::max({ids.size(), k, std::size_t{1}}), -1);
  const std::size_t n = tokens_for(ids.size(), k);
  check_ids(ids, n, m.config.max_tokens);
  std::vector<bool> real =
      m.config.masking == Masking::kStrict ? real_tokens(ids, k) : std::vector<bool>(n, true);
  auto stage = [&](const std::string& name, std::span<const float> values) {
    if (observe) observe(name, values.size() / d, values, real);
  };

  std::vector<float> x = m.stem(ids, n);  // [n, d]
  stage("stem", x);
  for (std::size_t i = 0; i < m.config.layers; ++i) {
    m.layer(i, x, real, pool);
    stage("layer" + std::to_string(i), x);
    if (!m.config.merges[i]) continue;
    m.merge(i, x, real, pool);
    stage("merge" + std::to_string(i), x);
  }
  m.norm.apply(m.set, x.data(), x.data(), real.size());
  stage("norm", x);

  // The mean over real rows, in double and in row order; without one it is zero.
  std::vector<double> sum(d, 0.0);
  std::size_t count = 0;
  for (std::size_t r = 0; r < real.size(); ++r) {
    if (!real[r]) continue;
    ++count;
    for (std::size_t c = 0; c < d; ++c) sum[c] += x[r * d + c];
  }
  std::vector<float> pooled(d);
  for (std::size_t c = 0; c < d; ++c)
    pooled[c] = static_cast<float>(sum[c] / static_cast<double>(std::max<std::size_t>(count, 1)));
  stage("pooled", pooled);
  std::vector<float> logits(m.config.classes);
  m.classifier.apply(pooled.data(), logits.data(), logits.size(), 1);
  return logits;
}

}  // namespace byteformer
