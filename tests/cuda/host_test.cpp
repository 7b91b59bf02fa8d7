// The CUDA backend's logic that needs no GPU.
#include <gtest/gtest.h>

#include "core/ops/op.h"
#include "gpu/host/budget.h"
#include "gpu/host/driver_state.h"
#include "gpu/host/failure.h"
#include "gpu/host/layout.h"
#include "gpu/host/nvml_sensor.h"
#include "gpu/host/parallel_copy.h"
#include "gpu/host/ticket_ring.h"
#include "gpu/host/wait_mode.h"

namespace tandem::cuda {
namespace {

DriverState healthy() {
  DriverState state;
  state.runtimeVersion = 13000;
  state.driverVersion = 13000;
  state.driverRelease = "580.159.04";
  state.devices = 1;
  return state;
}

TEST(CudaDriverState, AHealthyDriverIsUsable) {
  EXPECT_EQ(unusableText(healthy()), "");
  DriverState newer = healthy();
  newer.driverVersion = 13020;
  EXPECT_EQ(unusableText(newer), "");
}

TEST(CudaDriverState, AMissingDriverIsNamedWithTheVersionNeeded) {
  DriverState state = healthy();
  state.driverVersion = 0;
  state.devices = 0;
  state.error = 35;
  const std::string text = unusableText(state);
  EXPECT_NE(text.find("no NVIDIA driver is installed"), std::string::npos) << text;
  EXPECT_NE(text.find("CUDA 13.0, driver 580 or newer"), std::string::npos) << text;
  EXPECT_NE(text.find("tandem doctor --setup"), std::string::npos) << text;
}

TEST(CudaDriverState, AnOldDriverIsNamedWithWhatItOffers) {
  DriverState state = healthy();
  state.driverVersion = 12040;
  state.driverRelease = "550.54";
  state.devices = 0;
  state.error = 35;
  const std::string text = unusableText(state);
  EXPECT_NE(text.find("(550.54) supports CUDA 12.4, but this build needs CUDA 13.0"), std::string::npos)
      << text;
}

TEST(CudaDriverState, HiddenAbsentAndSilentDevicesAreToldApart) {
  DriverState state = healthy();
  state.devices = 0;
  state.error = 100;
  EXPECT_NE(unusableText(state).find("no NVIDIA GPU was found"), std::string::npos);
  state.visibleSet = true;
  state.visible = "7";
  EXPECT_NE(unusableText(state).find("CUDA_VISIBLE_DEVICES is '7'"), std::string::npos);
  state.visibleSet = false;
  state.error = 999;
  state.errorText = "unknown error";
  EXPECT_NE(unusableText(state).find("does not respond: unknown error"), std::string::npos);
}

TEST(CudaDriverState, CodeRunsWithinAMajorVersionAndPtxOnEverythingNewer) {
  const std::string release = "75-real 80-real 86-real 89-real 90-real 100-real 120";
  for (const int capability : {75, 80, 86, 87, 89, 90, 100, 103, 120, 121, 130})
    EXPECT_TRUE(hasCodeFor(release, capability)) << capability;
  EXPECT_FALSE(hasCodeFor(release, 70));
  EXPECT_FALSE(hasCodeFor(release, 110));
  for (const int capability : {75, 86, 89}) EXPECT_FALSE(hasCodeFor("90", capability)) << capability;
  for (const int capability : {90, 100, 120}) EXPECT_TRUE(hasCodeFor("90", capability)) << capability;
  EXPECT_FALSE(hasCodeFor("90-real", 100));
  EXPECT_FALSE(hasCodeFor("86-real", 80));
  EXPECT_TRUE(hasCodeFor("90-virtual", 100));
  EXPECT_TRUE(hasCodeFor("", 75) && hasCodeFor("native", 75));
}

TEST(CudaDriverState, TensorCoresOfTuringFollowFromTheName) {
  for (const char* with : {"NVIDIA GeForce RTX 2060", "Quadro RTX 4000", "Tesla T4", "TITAN RTX"})
    EXPECT_TRUE(turingHasTensorCores(with)) << with;
  for (const char* without : {"NVIDIA GeForce GTX 1650", "NVIDIA GeForce GTX 1660 Ti", "NVIDIA T1000 8GB",
                              "NVIDIA T400 4GB", "Quadro T2000 with Max-Q Design", "NVIDIA GeForce MX450"})
    EXPECT_FALSE(turingHasTensorCores(without)) << without;
}

TEST(CudaFailure, OnlyStickyErrorsLoseTheDevice) {
  for (const int sticky :
       {214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911, 999}) {
    EXPECT_TRUE(classifyCuda(sticky).sticky) << sticky;
    EXPECT_EQ(classifyCuda(sticky).code, ErrorCode::DeviceLost) << sticky;
    // CUDA: "the process must be terminated and relaunched".
    EXPECT_NE(classifyCuda(sticky).hint.find("restart Tandem"), std::string::npos) << sticky;
  }
  for (const int harmless : {1, 2, 35, 46, 100, 209}) EXPECT_FALSE(classifyCuda(harmless).sticky) << harmless;
  EXPECT_EQ(classifyCuda(2).code, ErrorCode::OutOfMemory);
  EXPECT_NE(classifyCuda(209).hint.find("TANDEM_CUDA_ARCHITECTURES"), std::string::npos);
  const Error error = cudaError(700, "cudaMemcpy", "cudaErrorIllegalAddress", "an illegal memory access");
  EXPECT_EQ(error.message, "cudaMemcpy: an illegal memory access (cudaErrorIllegalAddress)");
}

TEST(CudaFailure, OutOfMemorySuggestsABatchThatFits) {
  constexpr std::size_t kGB = 1'000'000'000;
  const Error error = outOfMemory({kGB, 40 * kGB, 1000, "conv2d", 3 * kGB}, 20 * kGB, "cuda:0");
  EXPECT_EQ(error.code, ErrorCode::OutOfMemory);
  EXPECT_EQ(
      error.message,
      "the network needs 41.0 GB at batch size 1000 (the largest output, of conv2d, 3.00 GB), but 20.0 GB are free");
  // 0.9 * 20 - 1 = 17 GB of 40 GB: 425 of 1000.
  EXPECT_NE(error.hint.find("about 425 fits"), std::string::npos) << error.hint;
  const Error hopeless = outOfMemory({30 * kGB, kGB, 10, {}, 0}, 20 * kGB, "cuda:0");
  EXPECT_NE(hopeless.hint.find("train on the CPU"), std::string::npos);
  EXPECT_EQ(hopeless.hint.find("fits"), std::string::npos);
}

TEST(CudaFailure, ANetworkThatFitsAloneSaysWhatElseNeedsMemory) {
  constexpr std::size_t kGB = 1'000'000'000;
  const Error error = outOfMemory({kGB, 10 * kGB, 1000, {}, 0}, 11 * kGB, "cuda:0");
  EXPECT_EQ(
      error.message,
      "the network needs 11.0 GB at batch size 1000, and the driver and its libraries need more than the rest of "
      "the 11.0 GB that are free");
  EXPECT_NE(error.hint.find("about 890 fits"), std::string::npos) << error.hint;  // 0.9 * 11 - 1 of 10 GB
}

TEST(CudaBudget, ReservesTheContextAndBoundsWorkspacesByTheDevice) {
  EXPECT_EQ(assumedContextBytes(7), 400'000'000u);
  EXPECT_EQ(assumedContextBytes(8), 400'000'000u);
  EXPECT_EQ(assumedContextBytes(9), 600'000'000u);
  EXPECT_EQ(assumedContextBytes(12), 600'000'000u);
  EXPECT_EQ(workspaceLimit(std::size_t{4} << 30), std::size_t{256} << 20);
  EXPECT_EQ(workspaceLimit(std::size_t{80} << 30), std::size_t{512} << 20);
}

TEST(CudaParallelCopy, CopiesEveryByteInAnyNumberOfParts) {
  EXPECT_EQ(copyThreads(1000, 16), 1);
  EXPECT_EQ(copyThreads(std::size_t{1} << 20, 16), 4);
  EXPECT_EQ(copyThreads(std::size_t{1} << 30, 16), 8);
  EXPECT_EQ(copyThreads(std::size_t{1} << 30, 2), 1);
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, std::size_t{3} << 20, (std::size_t{5} << 20) + 7}) {
    std::vector<unsigned char> from(bytes), to(bytes + 1, 0xEE);
    for (std::size_t i = 0; i < bytes; ++i) from[i] = static_cast<unsigned char>(i * 31 + i / 251);
    parallelCopy(to.data(), from.data(), bytes, 7);
    EXPECT_TRUE(std::equal(from.begin(), from.end(), to.begin())) << bytes;
    EXPECT_EQ(to[bytes], 0xEE);
  }
}

TEST(CudaWaitMode, BlocksForLongStepsAndDoesNotAlternate) {
  WaitMode mode;
  EXPECT_FALSE(mode.blocks());
  mode.waited(1.5e-3);
  EXPECT_FALSE(mode.blocks());
  mode.waited(5e-3);
  EXPECT_TRUE(mode.blocks());
  mode.waited(1.5e-3);
  EXPECT_TRUE(mode.blocks());
  mode.waited(2e-4);
  EXPECT_FALSE(mode.blocks());
}

TEST(CudaTicketRing, SlotsAlternateAndAreReusedOnlyWhenWaitedFor) {
  TicketRing ring(2);
  EXPECT_FALSE(ring.full());
  EXPECT_FALSE(ring.isOpen(0));
  const auto first = ring.begin(), second = ring.begin();
  EXPECT_NE(ring.slot(first), ring.slot(second));
  EXPECT_TRUE(ring.full());
  EXPECT_THROW(ring.begin(), Bug);
  ring.end(first);
  EXPECT_FALSE(ring.isOpen(first));
  EXPECT_FALSE(ring.full());
  const auto third = ring.begin();
  EXPECT_EQ(ring.slot(third), ring.slot(first));
  EXPECT_TRUE(ring.isOpen(second) && ring.isOpen(third));
  EXPECT_THROW(ring.end(first), Bug);
}

TEST(CudaTicketRing, WaitingOutOfOrderKeepsTheOldestSlotBusy) {
  TicketRing ring(2);
  const auto first = ring.begin(), second = ring.begin();
  ring.end(second);
  EXPECT_TRUE(ring.full());  // the next ticket needs the slot of the first
  ring.end(first);
  EXPECT_FALSE(ring.full());
}

// x (4, 3), y i32 (4), a parameter block with a view, a temporary with a view, report, step.
struct SmallPlan {
  Plan plan;
  ValueId x, y, block, weight, temp, part, unused, step, report;

  SmallPlan() {
    Program& p = plan.train.program;
    const auto value = [&](Shape shape, Role role, DType dtype = DType::F32) {
      return p.addValue({.type = {dtype, shape}, .role = role});
    };
    x = value({4, 3}, Role::Input);
    y = value({4}, Role::Input, DType::I32);
    block = value({100}, Role::Parameter);
    weight = p.addView(block, 64, {DType::F32, {5}});
    temp = value({4, 8}, Role::Temp);
    part = p.addView(temp, 32, {DType::F32, {8}});
    unused = value({4}, Role::Temp);
    step = value({kStepSlots}, Role::Step);
    report = value({kReportBlock}, Role::Report);
    plan.train.inputs = {{"x", x}, {"y", y, 1}};
    plan.train.arenaOffset.assign(p.values.size(), kNotInArena);
    plan.train.arenaOffset[static_cast<std::size_t>(temp)] = 512;
    plan.train.reportValues = 3;
    plan.evaluate.reportValues = kReportBlock;
    plan.batch = 4;
  }
};

TEST(CudaLayout, EverythingThatChangesPerStepIsInOneSlot) {
  const SmallPlan s;
  const SlotLayout slot = slotLayout(s.plan);
  EXPECT_EQ(slot.inputs, (std::vector<std::size_t>{0, 256}));
  EXPECT_EQ(slot.step, 512u);
  EXPECT_EQ(slot.report, 768u);
  EXPECT_EQ(slot.copied, 768 + 3 * sizeof(float)) << "the report of training begins with zeros";
  EXPECT_EQ(slot.bytes, 768 + kReportBlock * sizeof(float));
}

TEST(CudaLayout, NothingIsCopiedForAReportWithoutTraining) {
  SmallPlan s;
  s.plan.train.reportValues = 0;
  const SlotLayout slot = slotLayout(s.plan);
  EXPECT_EQ(slot.copied, 512 + kStepSlots * sizeof(float));
}

TEST(CudaLayout, BytesTakeAQuarterOfASlot) {
  SmallPlan s;
  const auto image = [&](DType dtype) {
    s.plan.train.program.value(s.x).type = {dtype, {4, 28, 28, 1}};
    return slotLayout(s.plan);
  };
  const SlotLayout numbers = image(DType::F32), bytes = image(DType::U8);
  EXPECT_EQ(bytes.inputs[1], 3328u);  // 3136 bytes, aligned
  EXPECT_EQ(bytes.step, bytes.inputs[1] + 256);
  EXPECT_EQ(numbers.bytes - bytes.bytes, 12544u - 3328u);
}

TEST(CudaLayout, ValuesAreFoundInTheirRegions) {
  const SmallPlan s;
  const auto list = places(s.plan.train, slotLayout(s.plan));
  const auto expectPlace = [&](ValueId id, Region region, std::size_t offset) {
    EXPECT_EQ(list[static_cast<std::size_t>(id)].region, region) << id;
    EXPECT_EQ(list[static_cast<std::size_t>(id)].offset, offset) << id;
  };
  expectPlace(s.x, Region::Slot, 0);
  expectPlace(s.y, Region::Slot, 256);
  expectPlace(s.step, Region::Slot, 512);
  expectPlace(s.block, Region::Parameter, 0);
  expectPlace(s.weight, Region::Parameter, 64);
  expectPlace(s.temp, Region::Arena, 512);
  expectPlace(s.part, Region::Arena, 544);
  expectPlace(s.unused, Region::None, 0);
  expectPlace(s.report, Region::Slot, 768);
}

TEST(CudaNvml, ReadsAStandIn) {
  auto opened = openNvml(TANDEM_NVML_STAND_IN);
  ASSERT_TRUE(opened.ok()) << opened.error().text();
  EXPECT_EQ((*opened)->driverRelease(), "580.12.34");
  const auto reading = (*opened)->read("0000:18:00.0");
  ASSERT_TRUE(reading.ok()) << reading.error().text();
  EXPECT_EQ(reading->name, "Stand-in 9000");
  EXPECT_EQ(reading->uuid, "GPU-1234");
  EXPECT_EQ(reading->totalBytes, 2000000000u);
  EXPECT_EQ(reading->freeBytes, 1600000000u);
  EXPECT_EQ(reading->usedBytes, 400000000u);
  EXPECT_FALSE(reading->powerWatts.has_value());
  EXPECT_FALSE(reading->joules.has_value());
  EXPECT_EQ(reading->powerLimitWatts, 700.0);
  EXPECT_EQ(reading->celsius, 41.0);
  EXPECT_EQ(reading->utilization, 87);
  EXPECT_EQ(reading->smClock, 1980);
  EXPECT_EQ(reading->memoryClock, 3201);
}

TEST(CudaNvml, AnUnknownAddressAndAMissingLibraryAreErrors) {
  auto opened = openNvml(TANDEM_NVML_STAND_IN);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ((*opened)->read("0000:99:00.0").error().code, ErrorCode::NotFound);
  EXPECT_EQ(openNvml("/nowhere/libnvidia-ml.so.1").error().code, ErrorCode::NotFound);
}

TEST(CudaNvmlSensor, ReadsAvailableValuesAndReportsGaps) {
  const auto library = openNvml(TANDEM_NVML_STAND_IN).value();
  const auto partial = openNvmlSensor(library.get(), "0000:18:00.0");
  const DeviceReading reading = partial->read();
  EXPECT_DOUBLE_EQ(reading.utilization.value(), 0.87);
  EXPECT_EQ(reading.celsius, 41.0);
  EXPECT_EQ(reading.clockHz, 1980e6);
  EXPECT_EQ(reading.memoryBytes, 400000000u);
  EXPECT_FALSE(reading.watts || reading.joules);
  ASSERT_EQ(partial->gaps().size(), 1u);
  EXPECT_EQ(partial->gaps()[0].what, "power");

  const auto complete = openNvmlSensor(library.get(), "0000:2a:00.0");
  EXPECT_TRUE(complete->gaps().empty());
  EXPECT_EQ(complete->read().watts, 312.5);
  EXPECT_DOUBLE_EQ(complete->read().joules.value(), 62.5);  // since the sensor was opened
}

TEST(CudaNvmlSensor, AMissingLibraryAndAMissingGpuAreGaps) {
  const auto none = openNvmlSensor(nullptr, "0000:18:00.0");
  const DeviceReading reading = none->read();
  EXPECT_FALSE(reading.utilization || reading.watts || reading.memoryBytes);
  ASSERT_EQ(none->gaps().size(), 5u);
  EXPECT_NE(none->gaps()[1].why.find("libnvidia-ml.so.1"), std::string::npos);
  const auto library = openNvml(TANDEM_NVML_STAND_IN).value();
  const auto lost = openNvmlSensor(library.get(), "0000:99:00.0");
  EXPECT_EQ(lost->gaps().size(), 5u);
  EXPECT_NE(lost->gaps()[0].why.find("no device"), std::string::npos);
}

}  // namespace
}  // namespace tandem::cuda
