#include "runtime/self_test.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "byteformer/classifier.h"
#include "byteformer/error.h"
#include "tests/temporary_folder.h"
#include "tests/tiny_model.h"

namespace byteformer {
namespace {

using kernels::Precision;

// The set's product, wrong in one place: the kind of fault that a compiler or a processor could
// bring.
const kernels::Set* g_right = nullptr;

void broken_product(const void* a, std::size_t lda, const void* packed, const float* bias, void* c,
                    std::size_t ldc, std::size_t m, std::size_t n, std::size_t k,
                    kernels::Epilogue epilogue) noexcept {
  g_right->f32->product(a, lda, packed, bias, c, ldc, m, n, k, epilogue);
  if (epilogue == kernels::Epilogue::kAdd) static_cast<float*>(c)[0] += 1;
}

class SelfTest : public testing::Test {
 protected:
  SelfTest() {
    g_right = kernels::all_sets().back();
    arithmetic_ = *g_right->f32;
    arithmetic_.product = broken_product;
    broken_ = *g_right;
    broken_.name = "broken";
    broken_.f32 = &arithmetic_;
    broken_.bf16 = broken_.int8 = nullptr;
    golden_ = golden_logits(model_.config, model_.weights);
  }
  const ModelDirectory model_ = tiny_model();
  kernels::Arithmetic arithmetic_{};
  kernels::Set broken_{};
  std::vector<GoldenLogits> golden_;
  std::vector<std::string> notices_;
};

TEST_F(SelfTest, AKernelSetThatComputesWrongIsLeftOutAndSaid) {
  const KernelChoice choices[] = {{&broken_, Precision::kF32}, {g_right, Precision::kF32}};
  const StagedModel model = self_tested(model_, golden_, choices, notices_);
  EXPECT_STREQ(model.kernels(), g_right->name);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_NE(notices_[0].find("broken f32 are left out"), std::string::npos) << notices_[0];
}

TEST_F(SelfTest, EverySetOfThisMachineIsRightInEveryPrecisionThatItOffers) {
  for (const kernels::Set* set : kernels::all_sets())
    for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
      if (!set->is_supported() || kernels::offered(*set, precision) == nullptr) continue;
      const KernelChoice choices[] = {{set, precision}};
      self_tested(model_, golden_, choices, notices_);
      EXPECT_TRUE(notices_.empty()) << notices_.back();
    }
}

TEST_F(SelfTest, WhereNoSetIsRightTheModelIsAnError) {
  const KernelChoice choices[] = {{g_right, Precision::kF32}};
  golden_[0].logits[0] += 1;
  try {
    self_tested(model_, golden_, choices, notices_);
    FAIL() << "no error";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find(g_right->name), std::string::npos) << error.what();
  }
}

TEST_F(SelfTest, AModelThatDoesNotBearAPrecisionIsToldSo) {
  const KernelChoice choices[] = {{g_right, Precision::kInt8}};
  for (float& logit : golden_[0].logits) logit *= 1.5F;
  try {
    self_tested(model_, golden_, choices, notices_);
    FAIL() << "no error";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("use float32"), std::string::npos) << error.what();
  }
}

TEST_F(SelfTest, AReducedPrecisionIsNotLeftToTheKernelsThatOnlyDefineIt) {
  const kernels::Set* plain = kernels::all_sets().back();
  for (const byteformer::Precision asked :
       {byteformer::Precision::kBf16, byteformer::Precision::kInt8}) {
    if (kernels::chosen_set().bf16 == nullptr) {
      EXPECT_THROW(kernel_choices(model_, asked), UsageError);
    } else {
      for (const KernelChoice& choice : kernel_choices(model_, asked)) EXPECT_NE(choice.set, plain);
    }
    ::setenv("BYTEFORMER_KERNELS", "plain", 1);
    EXPECT_EQ(kernel_choices(model_, asked).at(0).set, plain) << "where it is named";
    ::setenv("BYTEFORMER_KERNELS", "x86-64", 1);
    if (kernels::all_sets().front() != plain) {
      EXPECT_THROW(kernel_choices(model_, asked), UsageError);
    }
    ::unsetenv("BYTEFORMER_KERNELS");
  }
}

TEST_F(SelfTest, AutoGoesOnToFloat32WhereARecordedPrecisionFails) {
  ModelDirectory model = model_;
  model.equal_precisions = {Precision::kInt8};
  ::setenv("BYTEFORMER_KERNELS", "plain", 1);
  const std::vector<KernelChoice> choices = kernel_choices(model, byteformer::Precision::kAuto);
  ::unsetenv("BYTEFORMER_KERNELS");
  ASSERT_EQ(choices.size(), 2U);
  EXPECT_EQ(choices[0].precision, Precision::kInt8);
  EXPECT_EQ(choices[1].precision, Precision::kF32);
}

TEST_F(SelfTest, IsLeftOutWhereItWouldTakeLong) {
  EXPECT_TRUE(is_quick(model_.config, golden_));
  ModelConfig huge = config_of_size("huge");
  huge.kernel_size = 8;
  huge.windows.assign(huge.layers, 128);
  EXPECT_FALSE(is_quick(huge, {{std::vector<std::uint8_t>(2000), {}}}));
}

class PrecisionOfAClassifier : public testing::Test {
 protected:
  std::string saved(Masking masking, std::vector<Precision> equal) {
    ModelDirectory model = tiny_model();
    model.config.masking = masking;
    model.equal_precisions = std::move(equal);
    save_model(path(), model);
    return path();
  }
  std::string path() const { return (folder_.path() / "model").string(); }
  std::string precision_of(byteformer::Precision asked) const {
    ClassifierOptions options;
    options.precision = asked;
    return Classifier(path(), options).precision();
  }
  TemporaryFolder folder_;
};

TEST_F(PrecisionOfAClassifier, AutoIsFloat32UnlessTheModelRecordsAnEqualOne) {
  const kernels::Set& best = kernels::chosen_set();
  saved(Masking::kStrict, {});
  EXPECT_EQ(precision_of(byteformer::Precision::kAuto), "f32");
  saved(Masking::kStrict, {Precision::kBf16});
  EXPECT_EQ(precision_of(byteformer::Precision::kAuto), best.bf16 != nullptr ? "bf16" : "f32");
  EXPECT_EQ(precision_of(byteformer::Precision::kF32), "f32");
  saved(Masking::kStrict, {Precision::kBf16, Precision::kInt8});
  EXPECT_EQ(precision_of(byteformer::Precision::kAuto), best.int8 != nullptr ? "int8" : "f32");
}

TEST_F(PrecisionOfAClassifier, UnderReferenceMaskingAutoIsFloat32) {
  saved(Masking::kReference, {Precision::kBf16, Precision::kInt8});
  EXPECT_EQ(precision_of(byteformer::Precision::kAuto), "f32");
  if (kernels::chosen_set().bf16 == nullptr) return;
  EXPECT_EQ(precision_of(byteformer::Precision::kBf16), "bf16");
}

TEST_F(PrecisionOfAClassifier, AModelWithoutItsGoldenLogitsIsIncomplete) {
  saved(Masking::kStrict, {});
  std::filesystem::remove(folder_.path() / "model" / "golden.safetensors");
  EXPECT_THROW(Classifier{path()}, IoError);
}

}  // namespace
}  // namespace byteformer
