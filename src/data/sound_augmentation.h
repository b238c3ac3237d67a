// What the reference does to a training clip before it is encoded: fixed length, noise, roll, and
// then mixup with a second clip. Every random value is an argument; the two draws that depend on a
// clip are here beside what uses them. All arithmetic is float32, in the reference's order.
//
// A waveform of one channel goes with one of several: it counts for each of them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "codec/waveform.h"

namespace byteformer {

// Zeros at the end, or cut at the end. The reference does it in every mode, not in training alone.
Waveform with_length(Waveform clip, std::size_t length);

// x * 10^(decibels / 20).
Waveform with_gain(Waveform clip, double decibels);

// clip + noise[start, start + length) with that gain; nothing is clipped. Noise that is shorter
// than the clip is followed by its own beginning, and `start` must be 0. Throws UsageError if it is
// shorter than half of the clip, if the rates differ or the channels do not go together.
Waveform add_noise(const Waveform& clip, const Waveform& noise, std::size_t start, double decibels);

// From [0, noise - length], both included; 0 without a draw if the noise is not longer.
std::size_t draw_noise_start(const Waveform& noise, std::size_t length, Random& random);

// To the right by `shift`, in a circle.
Waveform roll(Waveform clip, std::int64_t shift);

// From [-w, w) with w = trunc(window * length); 0 without a draw if w is 0.
std::int64_t draw_shift(std::size_t length, double window, Random& random);

// first * share + second * (1 - share). Throws UsageError as add_noise() if they do not go
// together.
Waveform mixup(const Waveform& first, const Waveform& second, float share);

// The mixed clip's target [classes]: `share` for the first class and the rest for the second.
std::vector<float> mixup_target(std::size_t classes, std::size_t first, std::size_t second,
                                float share);

}  // namespace byteformer
