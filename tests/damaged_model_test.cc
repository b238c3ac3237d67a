// Model directories that were cut short or of which single bits changed: refused, or computed
// without a fault. Weights may differ then, structure may not.
#include <gtest/gtest.h>

#include <fstream>

#include "base/random.h"
#include "byteformer/classifier.h"
#include "tests/shell.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

constexpr const char* kParts[] = {"config.json", "model.safetensors", "golden.safetensors"};

class DamagedModel : public testing::Test {
 protected:
  void SetUp() override { save_model(model_, tiny_model()); }

  // A new file in place of the old one, as the model's weights are mapped.
  void put(const std::string& part, const std::string& contents) const {
    std::filesystem::remove(model_ / part);
    std::ofstream(model_ / part, std::ios::binary) << contents;
  }

  // True if it answered: three finite logits and a label of the model's. An Error is an answer too.
  bool is_computed() const {
    try {
      const Classifier classifier(model_.string(), options_);
      const Prediction p = classifier.classify(file_);
      EXPECT_EQ(p.logits.size(), 3U);
      EXPECT_GE(p.probability, 1.0 / 3 - 1e-9);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void flip_bits(std::size_t flips, std::uint64_t seed) const {
    Random random(seed);
    std::size_t computed = 0;
    std::string whole[3];
    for (int i = 0; i < 3; ++i) whole[i] = read_file((model_ / kParts[i]).string());
    for (std::size_t n = 0; n < flips; ++n) {
      const std::size_t part = n % 3;
      std::string damaged = whole[part];
      // Half of the flips hit the headers, which decide the structure.
      const std::size_t within =
          n % 2 == 0 ? damaged.size() : std::min<std::size_t>(damaged.size(), 3000);
      const auto at = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(within)));
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
      put(kParts[part], damaged);
      SCOPED_TRACE(std::string(kParts[part]) + ", a bit of byte " + std::to_string(at));
      computed += is_computed() ? 1 : 0;
      if (HasFailure()) break;
      put(kParts[part], whole[part]);
    }
    EXPECT_GT(computed, flips / 20) << "a changed weight is no reason to refuse";
    EXPECT_LT(computed, flips) << "a changed structure is one";
  }

  TemporaryFolder folder_;
  const std::filesystem::path model_ = folder_.path() / "model";
  const std::vector<std::uint8_t> file_ = {'a', ' ', 'f', 'i', 'l', 'e'};
  const ClassifierOptions options_ = [] {
    ClassifierOptions options;
    options.threads = 1;
    return options;
  }();
};

TEST_F(DamagedModel, CutAtAnyKilobyteIsRefused) {
  ASSERT_TRUE(is_computed());
  for (const char* part : kParts) {
    const std::string whole = read_file((model_ / part).string());
    for (std::size_t length = 0; length < whole.size(); length += 1024) {
      put(part, whole.substr(0, length));
      EXPECT_FALSE(is_computed()) << part << " of " << length << " bytes";
    }
    put(part, whole);
  }
}

TEST_F(DamagedModel, ASingleBitIsRefusedOrComputedWithoutAFault) { flip_bits(300, 1); }

class ManyDamagedModels : public DamagedModel {};

TEST_F(ManyDamagedModels, TenThousandSingleBitsAreRefusedOrComputedWithoutAFault) {
  flip_bits(10000, 2);
}

}  // namespace
}  // namespace byteformer
