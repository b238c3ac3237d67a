#!/usr/bin/env bash
# Builds `train` under the address and undefined-behaviour sanitizers (preset asan-train) and trains over every odd file. LibTorch
# itself is not sanitized and keeps what it has to the end, so leaks are not looked for.
# usage: sanitized_training.sh SOURCE
set -euo pipefail
cd "$1"
cmake --preset asan-train >/dev/null
nice cmake --build --preset asan-train --target byteformer byteformer-codec byteformer-train commands
ASAN_OPTIONS=detect_leaks=0 build/asan-train/tests/commands --gtest_filter='Commands.TrainTakesEveryOddFileOrSaysWhyNot'
