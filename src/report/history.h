// A training's history: one row an epoch, as CSV and as curves of the report.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace byteformer {

struct EpochRow {
  std::size_t epoch = 0;      // counted from 0
  std::size_t iteration = 0;  // optimiser steps so far
  double learning_rate = 0;   // at the end of the epoch
  double train_loss = 0, val_loss = 0, val_top1 = 0, val_top5 = 0, ema_val_loss = 0,
         ema_val_top1 = 0;
  double seconds = 0, files_per_second = 0,
         waiting_share = 0;  // waiting: share of the time spent waiting for the loader
};

std::string history_csv(const std::vector<EpochRow>& rows);  // header and rows; numbers round-trip
std::vector<EpochRow> parse_history_csv(const std::string& text);  // throws FormatError

}  // namespace byteformer
