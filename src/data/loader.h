// Batches in an order decided by seed and epoch, read ahead by threads that never change the
// result.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/batch.h"
#include "data/data_set.h"
#include "files/class_folder.h"

namespace byteformer {

struct LoaderOptions {
  std::size_t batch = 48;       // files of one, at least 1
  std::size_t kernel_size = 8;  // files shorter are padded to it
  unsigned threads = 2;
  std::uint64_t seed = 0;
  bool shuffle = true;     // false: in the order of the set
  bool drop_last = false;  // leave out a last, smaller batch
  // A batch may be cut into parts, `batch` files each, for processes that train together: this
  // loader gives one of them. They agree on which batch is which.
  std::size_t part = 0, parts = 1;
};

class Loader {
 public:
  // An item that is empty, cannot be read or cannot be encoded is named through notice (from a
  // thread of the loader, one at a time), counted and skipped. The set must outlive the loader.
  Loader(const DataSet& items, LoaderOptions options, Notice notice);
  ~Loader();

  // Starts an epoch at a batch (for resuming in the middle); then next() gives its batches in
  // order, and nullopt at the end. A batch all of whose files were skipped is given empty.
  void start(std::size_t epoch, std::size_t first_batch = 0);
  std::optional<Batch> next();

  std::size_t batches() const;    // an epoch's
  std::size_t given() const;      // of them so far: where to start() again
  double seconds_waited() const;  // in next(), since construction
  std::size_t skipped() const;    // files, since construction

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A deterministic split of each class: about `share` of the files go to the second part, at least
// one where the class has two. Decided by a hash of the sample's name within its container, so that
// adding files moves no other one.
std::pair<SampleList, SampleList> split(SampleList samples, double share);

}  // namespace byteformer
