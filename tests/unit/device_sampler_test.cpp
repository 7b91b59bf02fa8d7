#include "core/train/device_sampler.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/train/telemetry.h"
#include "core/train/trainer.h"
#include "tests/unit/fake_backend.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

using std::chrono::milliseconds;

DeviceReading watts(double value) {
  DeviceReading reading;
  reading.watts = value;
  return reading;
}

TEST(EnergyMeter, IntegratesAKnownPowerCurve) {
  // 100 W + 40 W/s * t over 5 s: 500 + 500 J. The trapezoid is exact on a line, however uneven the times.
  EnergyMeter meter;
  for (const double t : {0.0, 0.1, 0.35, 1.0, 2.5, 4.9, 5.0}) meter.add(t, watts(100 + 40 * t));
  ASSERT_TRUE(meter.energy());
  EXPECT_NEAR(meter.energy()->joules, 1000, 1e-9);
  EXPECT_DOUBLE_EQ(meter.energy()->seconds, 5);
  EXPECT_NEAR(meter.energy()->meanWatts(), 200, 1e-9);
  // A sine at 10 readings/s: 10 s of 50 W + 50 W * sin.
  EnergyMeter wave;
  for (int i = 0; i <= 100; ++i) wave.add(0.1 * i, watts(50 + 50 * std::sin(0.2 * M_PI * 0.1 * i)));
  EXPECT_NEAR(wave.energy()->joules, 500, 0.5);
}

TEST(EnergyMeter, PrefersTheDevicesOwnCounter) {
  EnergyMeter meter;
  DeviceReading reading = watts(1000);
  reading.joules = 40;
  meter.add(0, reading);
  reading.joules = 52;
  meter.add(2, reading);
  EXPECT_EQ(meter.energy()->joules, 12);
}

TEST(EnergyMeter, MeasuresNothingWithoutPowerAndExcludesPauses) {
  EnergyMeter meter;
  meter.add(0, {});
  meter.add(1, {});
  EXPECT_FALSE(meter.energy());
  meter.add(2, watts(10));
  meter.add(3, watts(10));
  meter.interrupt();
  meter.add(3, watts(90));  // after a pause; the run's clock stood still
  meter.add(4, watts(90));
  EXPECT_EQ(meter.energy()->joules, 100);
  EXPECT_EQ(meter.energy()->seconds, 2);
  meter.add(5, {});
  meter.add(6, watts(90));  // half of the interval is unknown: none of it counts
  EXPECT_EQ(meter.energy()->joules, 100);
}

struct Rig {
  std::atomic<int> count{0};
  Telemetry telemetry;
  DeviceSampler sampler;
  explicit Rig(DeviceReading reading, milliseconds period = milliseconds(10))
      : sampler(std::make_unique<FakeSensor>(reading, count), {&telemetry}, period) {}
};

TEST(DeviceSampler, ReadsAtItsRateDuringTheRunAndEndsWithIt) {
  Rig rig(watts(50), milliseconds(20));
  EXPECT_EQ(rig.count, 0);
  rig.sampler.resume(3);
  std::this_thread::sleep_for(milliseconds(300));
  rig.sampler.pause(3.3);
  rig.sampler.stop();
  const int read = rig.count;
  const auto readings = rig.telemetry.takeReadings();
  // 16 at most in 300 ms, with the first and the last; a busy machine may miss some.
  EXPECT_GE(readings.size(), 4u);
  EXPECT_LE(readings.size(), 17u);
  EXPECT_EQ(read, static_cast<int>(readings.size()) + 1);  // one at the start of the interval
  EXPECT_GE(readings.front().wallSeconds, 3);
  EXPECT_GE(readings.back().wallSeconds, 3.3);  // a reading is taken at the pause
  for (std::size_t i = 1; i < readings.size(); ++i) {
    EXPECT_GE(readings[i].wallSeconds, readings[i - 1].wallSeconds);
    EXPECT_NEAR(readings[i].joules.value(), 50 * (readings[i].wallSeconds - readings[0].wallSeconds), 1e-6);
  }
  EXPECT_EQ(rig.sampler.energy()->joules, readings.back().joules);
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_EQ(rig.count, read);
}

TEST(DeviceSampler, RestsDuringAPause) {
  Rig rig(watts(50), milliseconds(5));
  rig.sampler.resume(0);
  std::this_thread::sleep_for(milliseconds(60));
  rig.sampler.pause(0.06);
  std::this_thread::sleep_for(milliseconds(40));
  const int paused = rig.count;
  EXPECT_GT(paused, 1);
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_EQ(rig.count, paused);
  rig.sampler.resume(0.06);
  std::this_thread::sleep_for(milliseconds(60));
  rig.sampler.stop();
  EXPECT_GT(rig.count, paused);
  // The pause, over 100 ms at 50 W, is not included.
  const auto readings = rig.telemetry.takeReadings();
  EXPECT_LE(rig.sampler.energy()->joules, 50 * readings.back().wallSeconds + 1e-6);
  EXPECT_LE(rig.sampler.energy()->seconds, readings.back().wallSeconds + 1e-9);
}

TEST(DeviceSampler, WithoutPowerTheGapExplainsTheMissingEnergy) {
  DeviceReading reading;
  reading.utilization = 0.5;
  Rig rig(reading);
  ASSERT_EQ(rig.sampler.gaps().size(), 1u);
  EXPECT_EQ(rig.sampler.gaps()[0].what, "power");
  rig.sampler.resume(0);
  std::this_thread::sleep_for(milliseconds(40));
  rig.sampler.stop();
  EXPECT_FALSE(rig.sampler.energy());
  for (const ReadingRecord& record : rig.telemetry.takeReadings()) {
    EXPECT_EQ(record.device.utilization, 0.5);
    EXPECT_FALSE(record.joules || record.device.watts);
  }
}

TEST(DeviceSampler, StopsImmediatelyEvenIfNeverStarted) {
  const auto begun = std::chrono::steady_clock::now();
  {
    Rig never(watts(1), std::chrono::hours(1));
    never.sampler.stop();
    EXPECT_EQ(never.count, 0);
    Rig once(watts(1), std::chrono::hours(1));
    once.sampler.resume(0);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST(Telemetry, KeepsTheLastReadingsIfNotConsumed) {
  Telemetry telemetry;
  for (std::size_t i = 0; i < Telemetry::kMaxReadings + 10; ++i) {
    ReadingRecord record;
    record.wallSeconds = static_cast<double>(i);
    telemetry.onReading(record);
  }
  const auto readings = telemetry.takeReadings();
  ASSERT_EQ(readings.size(), Telemetry::kMaxReadings);
  EXPECT_EQ(readings.front().wallSeconds, 10);
  EXPECT_TRUE(telemetry.takeReadings().empty());
}

struct Training {
  FakeBackend fake;
  TemporaryFolder folder;
  Telemetry telemetry;
  TrainResult train() {
    Project project = *projectFromTemplate("Two spirals");
    project.data.count = 200;
    project.training.batch = 16;
    project.training.epochs = 3;
    fake.device.stepTime = std::chrono::microseconds(2000);
    TrainerSetup setup;
    setup.project = project;
    setup.data = loadDataset(project.data).value();
    setup.backend = &fake;
    setup.folder = folder / "run";
    setup.observers = {&telemetry};
    auto trainer = Trainer::create(std::move(setup));
    EXPECT_TRUE(trainer.ok()) << trainer.error().text();
    gaps = (*trainer)->sensorGaps();
    (*trainer)->start();
    return (*trainer)->join();
  }
  std::vector<SensorGap> gaps;
};

TEST(TrainerReadings, ARunReportsItsEnergy) {
  Training training;
  training.fake.reading = watts(80);
  const TrainResult result = training.train();
  EXPECT_EQ(result.state, TrainState::Finished);
  EXPECT_TRUE(training.gaps.empty());
  ASSERT_TRUE(result.energy);
  EXPECT_NEAR(result.energy->meanWatts(), 80, 1e-6);
  // From the first step to the end: all seconds of the run.
  EXPECT_GT(result.energy->seconds, 0.5 * result.seconds);
  EXPECT_LE(result.energy->seconds, result.seconds + 1e-9);
  const auto readings = training.telemetry.takeReadings();
  ASSERT_GE(readings.size(), 2u);
  EXPECT_NEAR(readings.back().wallSeconds, result.seconds, 1e-9);
  EXPECT_EQ(readings.back().joules, result.energy->joules);
}

TEST(TrainerReadings, ADeviceWithoutASensorCanTrain) {
  Training training;
  const TrainResult result = training.train();
  EXPECT_EQ(result.state, TrainState::Finished);
  EXPECT_FALSE(result.energy);
  EXPECT_EQ(training.gaps.size(), 1u);
  EXPECT_TRUE(training.telemetry.takeReadings().empty());
}

}  // namespace
}  // namespace tandem
