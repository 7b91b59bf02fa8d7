// The built plugin, loaded as by the application. On a machine with a GPU, run tests/conformance and
// tests/golden with --device cuda:0.
#include <gtest/gtest.h>

#include "core/base/install_dirs.h"
#include "core/ops/matmul.h"
#include "core/runtime/registry.h"

#if TANDEM_CUDA_PLUGIN

namespace tandem {
namespace {

const BackendSlot* cudaSlot() {
  for (const BackendSlot& slot : DeviceRegistry::instance().slots())
    if (slot.file == "libtandem_cuda.so") return &slot;
  return nullptr;
}

TEST(CudaPlugin, LoadsWithoutADriver) {
  const BackendSlot* slot = cudaSlot();
  ASSERT_NE(slot, nullptr) << "not in " << backendsDir();
  ASSERT_NE(slot->backend, nullptr) << slot->problem;
  EXPECT_EQ(slot->backend->name(), "cuda");
}

TEST(CudaPlugin, FactsNameVersions) {
  ASSERT_TRUE(cudaSlot() && cudaSlot()->backend);
  std::string all;
  for (const auto& [label, value] : cudaSlot()->backend->facts())
    all.append(label).append("=").append(value).append("\n");
  for (const char* label : {"Driver=", "Required driver=580", "CUDA runtime=13.", "cuDNN=9.", "cuBLASLt=13.",
                            "cuDNN from=", "cuBLASLt from="})
    EXPECT_NE(all.find(label), std::string::npos) << label << " is not in\n" << all;
}

TEST(CudaPlugin, EveryOpHasAKernel) {
  ASSERT_TRUE(cudaSlot() && cudaSlot()->backend);
  for (const OpDef* op : allOps()) {
    if (op->view) continue;
    EXPECT_FALSE(cudaSlot()->backend->kernels(*op).empty()) << op->name;
  }
}

// For machines without a GPU; skipped elsewhere.
class CudaPluginWithoutDevice : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cudaSlot() && cudaSlot()->backend);
    if (cudaSlot()->backend->unusable().empty()) GTEST_SKIP() << "this machine has a GPU";
  }
};

TEST_F(CudaPluginWithoutDevice, ReportsTheMissingDriver) {
  Backend& backend = *cudaSlot()->backend;
  EXPECT_NE(backend.unusable().find("driver"), std::string::npos) << backend.unusable();
  EXPECT_TRUE(backend.devices().empty());
  const auto found = DeviceRegistry::instance().backendFor("cuda:0");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message, backend.unusable());
}

TEST_F(CudaPluginWithoutDevice, ChoosingAndRunningAreErrors) {
  Backend& backend = *cudaSlot()->backend;
  const Attrs attrs;
  const TensorType a{DType::F32, {2, 3}}, b{DType::F32, {3, 4}}, y{DType::F32, {2, 4}};
  const OpCall call{&ops::matmul, &attrs, {a, b}, {y}};
  DeviceOptions options;
  options.device = "cuda:0";
  const auto choice = backend.choose(options, call);
  ASSERT_FALSE(choice.ok());
  EXPECT_EQ(choice.error().code, ErrorCode::Unsupported);
  EXPECT_NE(choice.error().text().find("driver"), std::string::npos) << choice.error().text();
  const Tensor ta(a), tb(b);
  Tensor ty(y);
  const Tensor* inputs[] = {&ta, &tb};
  Tensor* outputs[] = {&ty};
  EXPECT_FALSE(backend.runOp(options, call, "cublaslt", inputs, outputs, 1).ok());
  auto plan = std::make_shared<Plan>();
  plan->options = options;
  EXPECT_FALSE(backend.open(plan).ok());
}

}  // namespace
}  // namespace tandem

#endif
