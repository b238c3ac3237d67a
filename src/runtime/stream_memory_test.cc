// Built twice: 20 MB in the ordinary tests, 2 GB in the long ones.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "byteformer/stream.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

#ifndef BYTEFORMER_STREAM_MEGABYTES
#define BYTEFORMER_STREAM_MEGABYTES 20
#endif

namespace byteformer {
namespace {

std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(StreamMemory, StaysFlatHoweverLongTheStream) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps freed memory for a while";
#endif
  const TemporaryFolder folder;
  ModelDirectory model = tiny_model();
  model.config.kernel_size = 64;
  model.config.windows = {32, 32};
  model.config.shifts = {0, 16};
  model.config.positions = Positions::kSinusoidal;
  model.weights = golden::formula_weights(model.config);
  save_model(folder.path() / "model", model);
  const Classifier classifier((folder.path() / "model").string());

  constexpr std::size_t kPiece = 1 << 20, kFirst = 2, kPieces = BYTEFORMER_STREAM_MEGABYTES;
  const std::vector<std::uint8_t> piece = golden::formula_bytes("memory", kPiece);
  Stream stream(classifier);
  std::size_t first = 0, most = 0;
  for (std::size_t i = 0; i < kPieces; ++i) {
    stream.push(piece);
    (i < kFirst ? first : most) = std::max(i < kFirst ? first : most, resident_bytes());
  }
  EXPECT_EQ(stream.finish().bytes, kPieces * kPiece);
  EXPECT_LT(most, first + (4 << 20)) << "grew after " << kFirst << " of " << kPieces << " MB";
}

}  // namespace
}  // namespace byteformer
