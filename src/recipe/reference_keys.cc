#include "recipe/reference_keys.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace byteformer {
namespace {

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

const std::vector<FixedKey>& fixed_keys() {
  static const std::vector<FixedKey> keys = {
      {"audio_augmentation.audio_resample.enable", {"false"}},
      {"audio_augmentation.gain.enable", {"false"}},
      {"audio_augmentation.torchaudio_save.backend", {"sox"}},
      {"common.accum_after_epoch", {"0"}},
      {"common.finetune", {"null"}},
      {"common.finetune_ema", {"null"}},
      {"common.mixed_precision_dtype", {"float16", "bfloat16"}},
      {"common.resume", {"null"}},
      {"dataset.num_samples_per_category", {"-1"}},
      {"dataset.percentage_of_samples", {"100", "null"}},
      {"image_augmentation.auto_augment.enable", {"false"}},
      {"image_augmentation.cutmix.enable", {"false"}},
      {"image_augmentation.mixup.enable", {"false"}},
      {"image_augmentation.rand_augment.use_timm_library", {"false"}},
      {"image_augmentation.to_tensor.dtype", {"float"}},
      {"image_augmentation.to_tensor.mean_std_normalization.enable", {"false"}},
      {"image_augmentation.trivial_augment_wide.enable", {"false"}},
      {"loss.category", {"classification"}},
      {"loss.classification.cross_entropy.class_weights", {"false"}},
      {"loss.classification.cross_entropy.ignore_index", {"-1"}},
      {"loss.classification.name", {"cross_entropy"}},
      {"model.activation.name", {"gelu"}},
      {"model.audio_classification.name", {"byteformer", "null"}},
      {"model.classification.byteformer.dropout", {"0"}},
      {"model.classification.byteformer.norm_layer", {"layer_norm"}},
      {"model.classification.byteformer.padding_index", {"-1"}},
      {"model.classification.byteformer.stochastic_dropout", {"0"}},
      {"model.classification.byteformer.vocab_size", {"257"}},
      {kReferenceKey, {"byteformer"}},
      {"model.freeze_modules", {"", "null"}},
      {"model.layer.global_pool", {"mean"}},
      {"optim.adamw.amsgrad", {"false"}},
      {"optim.name", {"adamw"}},
      {"optim.no_decay_bn_filter_bias", {"true"}},
      {"sampler.name", {"batch_sampler"}},
      {"sampler.num_repeats", {"1"}},
      {"sampler.start_shuffling_from_epoch", {"0"}},
      {"sampler.truncated_repeat_aug_sampler", {"false"}},
      {"scheduler.adjust_period_for_epochs", {"false"}},
      {"scheduler.is_iteration_based", {"false"}},
      {"scheduler.name", {"cosine"}},
      {"stats.checkpoint_metric", {"top1"}},
      {"stats.checkpoint_metric_max", {"true"}},
  };
  return keys;
}

const std::vector<std::string>& meaningless_keys() {
  static const std::vector<std::string> keys = {
      "audio_augmentation.gain.levels",
      "audio_augmentation.gain.share_clip_params",
      "audio_augmentation.set_fixed_length.enable",  // the reference does it in any case
      "common.auto_resume",                          // `byteformer train --resume`
      "common.channels_last",
      "common.debug_mode",
      "common.eval_every_k_iterations",
      "common.file_logging",
      "common.k_best_checkpoints",
      "common.log_freq",
      "common.logs_loc",
      "common.results_loc",
      "common.run_label",
      "common.save_all_checkpoints",
      "common.set_grad_to_none",
      "common.tensorboard_logging",
      "dataset.eval_batch_size0",  // a file is computed as if alone
      "dataset.persistent_workers",
      "dataset.pin_memory",
      "dataset.prefetch_factor",
      "dataset.val_batch_size0",
      "ddp.backend",
      "ddp.device_id",
      "ddp.dist_port",
      "ddp.dist_url",
      "ddp.find_unused_params",
      "ddp.rank",
      "ddp.world_size",
      "image_augmentation.rand_augment.timm_config_str",
      "image_augmentation.to_tensor.mean_std_normalization.mean",
      "image_augmentation.to_tensor.mean_std_normalization.std",
      "model.activation.inplace",
      "model.activation.neg_slope",
      "model.classification.byteformer.dummy_input_token_length",
      "model.classification.byteformer.use_pytorch_mha",
      "model.classification.freeze_batch_norm",
      "model.layer.conv_init",  // this model's initialisation reads none of these four
      "model.layer.conv_init_std_dev",
      "model.layer.linear_init",
      "model.layer.linear_init_std_dev",
      "sampler.use_shards",
      "scheduler.max_iterations",  // only where the schedule is by iterations
      "stats.train",
      "stats.val",
      "taskname",
  };
  return keys;
}

const std::vector<OtherName>& other_names() {
  static const std::vector<OtherName> names = {
      {"common.grad_clip", "optim.max_gradient_norm"},
      {"optim.adamw.eps", "optim.eps"},
      {"model.classification.byteformer.embed_dim", "model.classification.byteformer.width"},
      {"model.classification.byteformer.n_transformer_layers",
       "model.classification.byteformer.layers"},
      {"model.classification.byteformer.ffn_dim", "model.classification.byteformer.ffn"},
  };
  return names;
}

const std::vector<SourceKey>& source_keys() {
  static const std::vector<SourceKey> keys = {
      {"dataset.category", "classification", "audio_classification"},
      {"dataset.collate_fn_name_train", "byteformer_image_collate_fn",
       "byteformer_audio_collate_fn"},
      {"dataset.collate_fn_name_val", "byteformer_image_collate_fn", "byteformer_audio_collate_fn"},
      {"dataset.collate_fn_name_test", "byteformer_image_collate_fn",
       "byteformer_audio_collate_fn"},
  };
  return keys;
}

bool is_value(const YamlValue& value, const std::string& text) {
  if (value.node.IsNull()) return text == "null";
  if (!value.node.IsScalar()) return false;
  std::string found = value.node.Scalar();
  if (const auto number = number_in(text)) return number_in(found) == number;
  if (text == "true" || text == "false")
    std::transform(found.begin(), found.end(), found.begin(),
                   [](unsigned char c) { return std::tolower(c); });
  return found == text;
}

}  // namespace byteformer
