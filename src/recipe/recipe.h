// A recipe: everything that decides a training, as plain structs, read from YAML in the reference's
// dotted schema.
//
// Keys of the reference keep their names (optim.weight_decay, scheduler.cosine.max_lr,
// model.classification.byteformer.*); keys that only this project has live beside them
// (model.classification.byteformer.masking, width, layers, ...). The schema (schema.h) describes
// each key once: name, type, default, help. It feeds the reader, the writer and the help. Keys of
// the reference that need no field are in reference_keys.h.
//
// A recipe with the key `model.classification.name` is one of the reference: the reference cannot
// build its model without this key, and recipes of this project have no use for it. What such a
// recipe does not give is then as the reference does it: masking reference, byte embeddings from a
// normal distribution, padded batches, gradients of micro batches summed, rates rounded, the window
// shuffle drawn anew for each batch; and the training's numbers are its parser's defaults (weight
// decay 4e-5, beta2 0.98, no label smoothing, no EMA, rates from 1e-7 over 0.1 to 1e-5). A notice
// says so. Whatever is given holds. to_yaml() writes every value, so that what it writes needs no
// such rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/initialization.h"
#include "recipe/audio_pipeline.h"
#include "recipe/image_pipeline.h"

namespace byteformer {

struct Recipe {
  ModelConfig model;  // classes 0: as many as the data has
  EmbeddingInit embedding_init = EmbeddingInit::kSinusoid;
  std::string weights_type = "F32";  // of the model that is written: F32, F16 or BF16
  std::string pretrained;            // weights of `eval`: a model directory or a .pt file

  struct Data {
    enum class Source {
      kFiles,   // folders of classes, or a tar; files as they are
      kImages,  // folders of classes; pictures, decoded and encoded by `images`
      kAudio,   // Speech Commands' manifests; clips, decoded and encoded by `audio`
      kJoint,   // both, in one model and in the same batches: pictures here, clips in `sound`
    };
    Source source = Source::kFiles;
    std::string train;       // folder or tar
    std::string validation;  // empty: split off train
    std::string test;        // of `eval`; empty: validation
    struct Sound {           // of kJoint: the same folders of Speech Commands
      std::string train, validation, test;
      bool twelve = true;  // ten commands, unknown and silence; false: each word is a class
    } sound;
    // What `eval` goes over.
    const std::string& evaluated() const { return test.empty() ? validation : test; }
    double validation_share = 0.1;
    std::string input = "{}";     // what the bytes are, as JSON text, stored in the model
    std::size_t batch = 48;       // dataset.train_batch_size0
    std::size_t workers = 2;      // loader threads; never change the result
    bool padded_batches = false;  // the reference's padded batches instead of ragged ones
  } data;

  struct Augmentation {     // of raw bytes of a file that is an uncompressed picture
    bool flip = false;      // horizontal, p 0.5
    std::size_t shift = 0;  // by up to so many pixels in each direction
    double erase = 0;       // probability of erasing one rectangle
    struct Wav {            // or that is a WAV file of 16-bit samples; each drawn up to
      double speed = 0;     // share by which it is played faster or slower
      double offset = 0;    // seconds cut off its beginning, or of silence before it
      double gain = 0;      // decibels, louder or softer
      double noise = 0;     // white noise, as a share of the recording's rms
    } wav;
  } augmentation;

  ImagePipeline images;
  AudioPipeline audio;

  struct Loss {
    double label_smoothing = 0.1;
  } loss;

  struct Optim {
    double weight_decay = 0.05, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, max_gradient_norm = 0;
  } optim;

  struct Scheduler {
    std::size_t max_epochs = 300;
    std::size_t warmup_iterations = 500;
    double warmup_init_lr = 1e-6, max_lr = 3e-4, min_lr = 2e-5;
    bool round_rate = true;  // to 8 decimal places, as the reference does
  } scheduler;

  struct Ema {
    bool enable = true;
    double momentum = 1e-4;
  } ema;

  struct Common {
    std::size_t accumulation = 1;         // common.accum_freq: micro batches a step
    bool mean_accumulation = true;        // false: gradients are summed, as the reference does
    bool bf16 = false;                    // autocast
    bool checkpoint_activations = false;  // compute them again in the backward pass
    std::uint64_t seed = 0;
    std::size_t max_iterations = 0;  // stop after so many optimiser steps; 0: no limit
    std::size_t save_interval = 0;   // steps between checkpoints; 0: as the clock says
  } common;

  // What the reader has to say about the text, for the caller to print once: keys that mean nothing
  // here, semantics of the reference. No part of what to_yaml() writes.
  std::vector<std::string> notices;
};

// Reads YAML text, then applies `overrides` ("key=value", last one wins). Throws ConfigError with
// file, line and, for an unknown key, the nearest known one.
Recipe parse_recipe(std::string_view yaml, const std::string& file_name,
                    const std::vector<std::string>& overrides = {});
Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides = {});

// The recipe that repeats it: every key, nested YAML.
std::string to_yaml(const Recipe& recipe);

// The learning rate at (epoch from 0, optimiser steps so far): linear warm-up, then cosine by
// epoch.
double learning_rate(const Recipe::Scheduler& scheduler, std::size_t epoch, std::size_t iteration);

// One line a key: name, type, default, help.
std::string recipe_help();

}  // namespace byteformer
