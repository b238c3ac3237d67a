#include "train/gradient_scaler.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>

#include <limits>

#include "train/optimizer.h"

namespace byteformer {
namespace {

class GradientScalerTest : public testing::Test {
 protected:
  static ModelConfig config() {
    ModelConfig config;
    config.width = 64;
    config.layers = 1;
    config.heads = 1;
    config.ffn = 64;
    config.kernel_size = 4;
    config.windows = {16};
    config.shifts = {0};
    config.merges = {false};
    config.max_tokens = 100;
    config.classes = 2;
    return config;
  }
  // Steps by gradients that are all `value` times the scale.
  bool unscale(GradientScaler& scaler, double value) {
    for (const auto& [name, tensor] : model_.tensors())
      if (model_.is_trained(name))
        tensor.mutable_grad() = at::full_like(tensor.detach(), value * scaler.scale());
    return scaler.unscale(optimizer_);
  }

  const TrainableModel model_{config(), EmbeddingInit::kNormal, 1};
  AdamW optimizer_{model_, {}};
};

TEST_F(GradientScalerTest, GivesBackTheGradientsOfTheLoss) {
  GradientScaler scaler;
  EXPECT_EQ(scaler.scale(), 65536);
  EXPECT_TRUE(unscale(scaler, 0.375));
  for (const auto& [name, tensor] : model_.tensors()) {
    if (!model_.is_trained(name)) continue;
    EXPECT_TRUE(at::equal(tensor.grad(), at::full_like(tensor.grad(), 0.375))) << name;
  }
}

TEST_F(GradientScalerTest, HalvesAndLeavesTheStepOutWhereGradientsAreNotFinite) {
  for (const double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    GradientScaler scaler({1024, 7});
    EXPECT_FALSE(unscale(scaler, value));
    EXPECT_EQ(scaler.scale(), 512);
    EXPECT_EQ(scaler.state().steps, 0U) << "it counts anew";
  }
}

TEST_F(GradientScalerTest, DoublesAfterTwoThousandFiniteSteps) {
  GradientScaler scaler({1024, 1998});
  EXPECT_TRUE(unscale(scaler, 1));
  EXPECT_EQ(scaler.scale(), 1024);
  EXPECT_TRUE(unscale(scaler, 1));
  EXPECT_EQ(scaler.scale(), 2048);
  EXPECT_EQ(scaler.state().steps, 0U);
}

}  // namespace
}  // namespace byteformer
