// A GPU that fails during a run: the state of the device in the same process.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "core/runtime/registry.h"
#include "tests/support/net_runner.h"
#include "tests/support/workloads.h"

namespace tandem::testing {
namespace {

// The settings are read once per process, so each test needs a separate process.
class LostDevice : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  static Result<NetRunner> open() {
    Workload w = workload("tiny");
    TrainingConfig config;
    config.batch = 32;
    config.device.device = "cuda:0";
    return NetRunner::open(w.network, config, w.data);
  }

  // The first error within `steps` steps.
  static Status train(NetRunner& net, int steps) {
    const SyntheticBatch batch = syntheticBatch(workload("tiny").data, 32, 1);
    for (int i = 0; i < steps; ++i) {
      auto report = net.run(Phase::Train, batch.features.data(), batch.labels());
      if (!report.ok()) return std::move(report).error();
    }
    return success();
  }

  static DeviceInfo device() {
    for (DeviceInfo& info : DeviceRegistry::instance().devices())
      if (info.id == "cuda:0") return info;
    return {};
  }
};

#define REQUIRE(condition)                         \
  do {                                             \
    if (!(condition)) {                            \
      std::fprintf(stderr, "failed: " #condition); \
      std::exit(1);                                \
    }                                              \
  } while (false)

TEST_F(LostDevice, IsNotUsedAgainInThisProcess) {
  const auto body = [] {
    setenv("TANDEM_STAND_IN_FAIL", "run:2000:700", 1);
    {
      auto net = open();
      REQUIRE(net.ok());
      const Status lost = train(*net, 1000);
      REQUIRE(!lost.ok() && lost.error().code == ErrorCode::DeviceLost);
      REQUIRE(lost.error().text().find("restart Tandem and resume") != std::string::npos);
      REQUIRE(!device().usable && device().reason.find("restart Tandem") != std::string::npos);
      REQUIRE(!train(*net, 1).ok());
    }
    // Closing its sessions does not help.
    const auto again = open();
    REQUIRE(!again.ok() && again.error().code == ErrorCode::DeviceLost);
    REQUIRE(again.error().hint.find("restart Tandem and resume") != std::string::npos);
    REQUIRE(!device().usable);
    std::exit(0);
  };
  EXPECT_EXIT(body(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tandem::testing
