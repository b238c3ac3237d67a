#include "train/device.h"

#include <gtest/gtest.h>

#include "byteformer/error.h"

namespace byteformer {
namespace {

std::string complaint_about(const std::string& name, std::size_t local_rank) {
  try {
    device_named(name, local_rank);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(Device, OfTheCpuIsThereForEachProcess) {
  EXPECT_TRUE(device_named("cpu", 7).is_cpu());
  EXPECT_EQ(mixed_type(at::kCPU), at::kBFloat16);
}

TEST(Device, OfNoKindIsRefused) {
  EXPECT_NE(complaint_about("tpu", 0).find("must be cpu or cuda"), std::string::npos);
}

TEST(Device, WhereThereIsNoGpuSaysHowToGoOn) {
  const std::string complaint = complaint_about("cuda", 0);
  if (complaint.empty()) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_NE(complaint.find("Leave --device"), std::string::npos) << complaint;
}

TEST(Device, IsAskedForByAsManyProcessesAsCanHaveOne) {
  EXPECT_NO_THROW(check_device_for("cpu", 1000));
  EXPECT_THROW(check_device_for("cuda", 1000), UsageError);
  EXPECT_NO_THROW(check_gpus_for(2, 2));
  EXPECT_THROW(check_gpus_for(2, 1), UsageError);
}

}  // namespace
}  // namespace byteformer
