// Models and checkpoints that were cut short or of which single bits changed: refused, or computed
// without a fault. Weights may differ then, structure may not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <span>

#include "base/random.h"
#include "byteformer/classifier.h"
#include "checkpoint/pt_file.h"
#include "kernels/kernels.h"
#include "tests/shell.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKilobyte = 1024;
constexpr const char* kParts[] = {"config.json", "model.safetensors", "golden.safetensors"};

// Calls changed(place) after each of `flips` changes of a single bit of a file of so many bytes;
// flip(at, mask) changes it, and back. Half of them hit the first bytes, which decide the
// structure.
void flip_bits(std::size_t bytes, std::size_t flips, std::uint64_t seed,
               const std::function<void(std::size_t at, int mask)>& flip,
               const std::function<void()>& changed) {
  constexpr std::size_t kHeader = 3000;
  Random random(seed);
  for (std::size_t n = 0; n < flips && !testing::Test::HasFailure(); ++n) {
    const std::size_t within = n % 2 == 0 ? bytes : std::min(bytes, kHeader);
    const auto at = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(within)));
    const int mask = 1 << random.below(8);
    SCOPED_TRACE("bit " + std::to_string(mask) + " of byte " + std::to_string(at));
    flip(at, mask);
    changed();
    flip(at, mask);
  }
}

void flip_in_file(const fs::path& path, std::size_t at, int mask) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ mask));
  ASSERT_TRUE(file.flush());
}

struct Part {
  std::string model;  // of models/, or "tiny"
  std::string file;
};

std::vector<Part> parts_of(const std::vector<std::string>& models) {
  std::vector<Part> all;
  for (const std::string& model : models)
    for (const char* part : kParts) all.push_back({model, part});
  return all;
}

std::vector<std::string> shipped_models() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(BYTEFORMER_SOURCE "/models"))
    names.push_back(entry.path().filename().string());
  return names;
}

std::string name_of(const Part& part) {
  std::string name = part.model + "_" + part.file.substr(0, part.file.find('.'));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// Each file of a model that takes a moment only and, thousands of times (`long`), of those that
// come with the project.
class DamagedModel : public testing::TestWithParam<Part> {
 protected:
  void SetUp() override {
    if (GetParam().model == "tiny")
      save_model(model_, tiny_model());
    else
      fs::copy(BYTEFORMER_SOURCE "/models/" + GetParam().model, model_);
    classes_ = load_model(model_).classes.size();
    // A model with wrong logits is tried on every set of kernels; of a large one the best will do.
    if (GetParam().model != "tiny") ::setenv("BYTEFORMER_KERNELS", kernels::chosen_set().name, 1);
    ASSERT_TRUE(is_computed());
  }
  void TearDown() override { ::unsetenv("BYTEFORMER_KERNELS"); }

  // True if it answered: a finite logit for each class and a label. An Error is an answer too.
  bool is_computed() const {
    try {
      const Classifier classifier(model_.string(), options_);
      const Prediction p = classifier.classify(file_);
      EXPECT_EQ(p.logits.size(), classes_);
      EXPECT_GE(p.probability, 1.0 / static_cast<double>(classes_) - 1e-9);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void cut() const {
    for (std::size_t blocks = (fs::file_size(part_) - 1) / kKilobyte + 1; blocks-- > 0;) {
      fs::resize_file(part_, blocks * kKilobyte);
      EXPECT_FALSE(is_computed()) << blocks << " kilobytes";
    }
  }

  void flip(std::size_t flips, std::uint64_t seed) const {
    std::size_t computed = 0;
    flip_bits(
        fs::file_size(part_), flips, seed,
        [&](std::size_t at, int mask) { flip_in_file(part_, at, mask); },
        [&] { computed += is_computed() ? 1 : 0; });
    EXPECT_GT(computed, 0U) << "not every bit is a reason to refuse";
    EXPECT_LT(computed, flips) << "a changed structure is one";
    EXPECT_TRUE(is_computed()) << "it is whole again";
  }

  TemporaryFolder folder_;
  const fs::path model_ = folder_.path() / "model", part_ = model_ / GetParam().file;
  std::size_t classes_ = 0;
  const std::vector<std::uint8_t> file_ = {'a', ' ', 'f', 'i', 'l', 'e'};
  const ClassifierOptions options_ = [] {
    ClassifierOptions options;
    options.threads = 1;
    return options;
  }();
};

TEST_P(DamagedModel, CutAtAnyKilobyteIsRefused) { cut(); }

TEST_P(DamagedModel, ASingleBitIsRefusedOrComputedWithoutAFault) { flip(100, 1); }

class ManyDamagedModels : public DamagedModel {};

TEST_P(ManyDamagedModels, CutAtAnyKilobyteIsRefused) { cut(); }

TEST_P(ManyDamagedModels, TenThousandSingleBitsAreRefusedOrComputedWithoutAFault) {
  flip(10000, 2);
}

const auto kName = [](const auto& part) { return name_of(part.param); };
INSTANTIATE_TEST_SUITE_P(EachFile, DamagedModel, testing::ValuesIn(parts_of({"tiny"})), kName);
INSTANTIATE_TEST_SUITE_P(EachFileOfTiny, ManyDamagedModels, testing::ValuesIn(parts_of({"tiny"})),
                         kName);
INSTANTIATE_TEST_SUITE_P(EachFile, ManyDamagedModels, testing::ValuesIn(parts_of(shipped_models())),
                         kName);

// The golden checkpoints of the reference.
class DamagedCheckpoint : public testing::TestWithParam<const char*> {
 protected:
  bool is_read(std::string_view bytes) const {
    try {
      const PtContents contents = parse_pt(std::as_bytes(std::span(bytes)), GetParam());
      return !weights_in(contents, PtWeights::kTrained, GetParam()).empty();
    } catch (const Error&) {
      return false;
    }
  }

  void flip(std::size_t flips, std::uint64_t seed) {
    std::size_t read = 0;
    flip_bits(
        whole_.size(), flips, seed,
        [&](std::size_t at, int mask) { whole_[at] = static_cast<char>(whole_[at] ^ mask); },
        [&] { read += is_read(whole_) ? 1 : 0; });
    EXPECT_LT(read, flips / 2) << "its checksums see nearly all";
    EXPECT_TRUE(is_read(whole_)) << "it is whole again";
  }

  std::string whole_ = read_file(std::string(BYTEFORMER_GOLDEN "/checkpoint/") + GetParam());
};

TEST_P(DamagedCheckpoint, CutAtAnyKilobyteIsRefused) {
  for (std::size_t length = 0; length < whole_.size(); length += kKilobyte)
    EXPECT_FALSE(is_read(std::string_view(whole_).substr(0, length))) << length;
}

TEST_P(DamagedCheckpoint, ASingleBitIsRefusedOrReadWithoutAFault) { flip(100, 1); }

class ManyDamagedCheckpoints : public DamagedCheckpoint {};

TEST_P(ManyDamagedCheckpoints, TenThousandSingleBitsAreRefusedOrReadWithoutAFault) {
  flip(10000, 2);
}

const auto kGoldenCheckpoints =
    testing::Values("d64.pt", "d64_2layers_module_prefix.pt", "d64_2layers_training.pt");
const auto kCheckpointName = [](const auto& name) {
  return std::string(name.param, std::strlen(name.param) - 3);
};
INSTANTIATE_TEST_SUITE_P(Golden, DamagedCheckpoint, kGoldenCheckpoints, kCheckpointName);
INSTANTIATE_TEST_SUITE_P(Golden, ManyDamagedCheckpoints, kGoldenCheckpoints, kCheckpointName);

}  // namespace
}  // namespace byteformer
