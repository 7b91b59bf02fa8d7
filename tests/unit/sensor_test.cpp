// The CPU sensor on simulated /proc and /sys trees, and the text of readings.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/runtime/host_load.h"
#include "core/runtime/registry.h"
#include "tests/unit/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

// A machine with clocks that are set by hand.
struct Machine {
  TemporaryFolder folder;
  double seconds = 100, processor = 7;

  void put(const std::string& file, const std::string& text) const {
    const fs::path path = folder / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text << '\n';
  }
  HostSources sources(int cores = 4) {
    HostSources made;
    made.root = folder / "";
    made.now = [this] { return seconds; };
    made.processorTime = [this] { return processor; };
    made.cores = cores;
    return made;
  }
  std::unique_ptr<Sensor> open(int cores = 4) { return openHostSensor(sources(cores)); }
  void package(const std::string& zone, const std::string& name, std::int64_t microjoules) const {
    const std::string at = "sys/class/powercap/" + zone + "/";
    put(at + "name", name);
    put(at + "energy_uj", std::to_string(microjoules));
    put(at + "max_energy_range_uj", "1000000000");
  }
};

std::vector<std::string> gapsOf(const Sensor& sensor) {
  std::vector<std::string> names;
  for (const SensorGap& gap : sensor.gaps()) names.push_back(gap.what);
  return names;
}

TEST(HostLoad, OthersAreBusyTimeOutsideThisProcess) {
  Machine machine;
  const auto second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto stat = [&](double user, double idle, double steal) {
    machine.put("proc/stat", fmt::format("cpu  {} 0 0 {} 0 0 0 {} 0 0\ncpu0 1 2 3", user * second,
                                         idle * second, steal * second));
  };
  EXPECT_FALSE(HostLoad(machine.sources()).others());  // no such file
  stat(50, 200, 3);
  const HostLoad load(machine.sources());
  EXPECT_FALSE(load.others());  // no time has passed
  machine.processor += 2;
  stat(55, 204, 4);  // 10 seconds of all processors: 6 busy, 2 of them this process'
  EXPECT_NEAR(load.others().value(), 0.4, 1e-9);
  machine.processor += 100;  // clocks differ: never below 0
  EXPECT_EQ(load.others().value(), 0);
  machine.put("proc/stat", "intr 1 2 3");
  EXPECT_FALSE(load.others());
  EXPECT_FALSE(HostLoad(machine.sources()).others());
}

TEST(HostSensor, UtilizationIsThisProcessOverItsCoresSinceThePreviousReading) {
  Machine machine;
  const auto sensor = machine.open(4);
  machine.seconds += 0.5;
  machine.processor += 1.0;  // of 2 core seconds
  EXPECT_DOUBLE_EQ(sensor->read().utilization.value(), 0.5);
  machine.seconds += 1;
  machine.processor += 0.4;
  EXPECT_NEAR(sensor->read().utilization.value(), 0.1, 1e-12);
  machine.seconds += 1;
  machine.processor += 40;  // clocks differ slightly: never above 1
  EXPECT_DOUBLE_EQ(sensor->read().utilization.value(), 1.0);
  machine.seconds += 1e-5;
  EXPECT_FALSE(sensor->read().utilization.has_value());  // undefined over an empty interval
}

TEST(HostSensor, MissingValuesAreAbsentWithAReason) {
  Machine machine;
  const auto sensor = machine.open();
  machine.seconds += 1;
  const DeviceReading reading = sensor->read();
  EXPECT_TRUE(reading.utilization.has_value());
  EXPECT_FALSE(reading.watts || reading.joules || reading.celsius || reading.clockHz || reading.memoryBytes);
  EXPECT_EQ(gapsOf(*sensor), (std::vector<std::string>{"power", "temperature", "clock", "memory"}));
  EXPECT_NE(sensor->gaps()[0].why.find("no energy counters"), std::string::npos);
}

TEST(HostSensor, PowerIsTheSumOfPackagesAndTheirMemory) {
  Machine machine;
  machine.package("intel-rapl:0", "package-0", 999'000'000);
  machine.package("intel-rapl:0:0", "core", 5);  // part of the package
  machine.package("intel-rapl:0:1", "dram", 200);
  machine.package("intel-rapl:1", "package-1", 10);
  machine.package("intel-rapl:2", "psys", 10);            // includes everything again
  machine.package("intel-rapl-mmio:0", "package-0", 10);  // the same package through another interface
  const auto sensor = machine.open();
  machine.package("intel-rapl:0", "package-0", 4'000'000);  // wrapped around at 1000 J: 5 J
  machine.package("intel-rapl:0:0", "core", 900'000'000);
  machine.package("intel-rapl:0:1", "dram", 1'000'200);     // 1 J
  machine.package("intel-rapl:1", "package-1", 4'000'010);  // 4 J
  machine.package("intel-rapl:2", "psys", 500'000'010);
  machine.package("intel-rapl-mmio:0", "package-0", 500'000'010);
  machine.seconds += 0.5;
  DeviceReading reading = sensor->read();
  EXPECT_NEAR(reading.joules.value(), 10, 1e-9);
  EXPECT_NEAR(reading.watts.value(), 20, 1e-9);
  machine.seconds += 1;
  reading = sensor->read();
  EXPECT_NEAR(reading.joules.value(), 10, 1e-9);
  EXPECT_EQ(reading.watts, 0.0);
  fs::remove(machine.folder / "sys/class/powercap/intel-rapl:1/energy_uj");
  machine.seconds += 1;
  EXPECT_FALSE(sensor->read().watts.has_value());  // a partial sum is not reported
}

TEST(HostSensor, AnUnreadableCounterIsAGapWithARemedy) {
  Machine machine;
  machine.package("intel-rapl:0", "package-0", 10);
  machine.put("sys/class/powercap/intel-rapl:1/name", "package-1");  // its energy_uj cannot be read
  const auto sensor = machine.open();
  machine.seconds += 1;
  EXPECT_FALSE(sensor->read().watts.has_value());
  EXPECT_NE(sensor->gaps().at(0).why.find("chmod a+r"), std::string::npos);
}

TEST(HostSensor, ReadsTheCountersOfAmdEnergy) {
  Machine machine;
  const std::string chip = "sys/class/hwmon/hwmon3/";
  machine.put(chip + "name", "amd_energy");
  machine.put(chip + "energy1_label", "Ecore000");
  machine.put(chip + "energy1_input", "5");
  machine.put(chip + "energy17_label", "Esocket0");
  machine.put(chip + "energy17_input", "1000000");
  const auto sensor = machine.open();
  machine.put(chip + "energy1_input", "900000000");
  machine.put(chip + "energy17_input", "31000000");
  machine.seconds += 2;
  EXPECT_NEAR(sensor->read().watts.value(), 15, 1e-9);
}

TEST(HostSensor, ShowsTheHottestProcessorItsClockAndItsMemory) {
  Machine machine;
  machine.put("sys/class/hwmon/hwmon0/name", "nvme");
  machine.put("sys/class/hwmon/hwmon0/temp1_input", "91000");
  for (const char* at : {"1", "2"})
    machine.put(std::string("sys/class/hwmon/hwmon") + at + "/name", "coretemp");
  machine.put("sys/class/hwmon/hwmon1/temp1_input", "61500");
  machine.put("sys/class/hwmon/hwmon2/temp1_input", "58000");
  machine.put("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp");
  machine.put("sys/class/thermal/thermal_zone0/temp", "70000");
  machine.put("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "3000000");
  machine.put("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "2000000");
  machine.put("proc/self/statm", "9000 250 100 1 0 500 0");
  machine.package("intel-rapl:0", "package-0", 10);
  const auto sensor = machine.open();
  const DeviceReading reading = sensor->read();
  EXPECT_DOUBLE_EQ(reading.celsius.value(), 61.5);
  EXPECT_DOUBLE_EQ(reading.clockHz.value(), 2.5e9);
  EXPECT_EQ(reading.memoryBytes.value() % 250, 0u);
  EXPECT_GE(reading.memoryBytes.value(), 250u * 4096);
  EXPECT_TRUE(sensor->gaps().empty());
}

TEST(HostSensor, FallsBackToThermalZonesAndCpuinfo) {
  Machine machine;
  machine.put("sys/class/thermal/thermal_zone0/type", "acpitz");
  machine.put("sys/class/thermal/thermal_zone0/temp", "99000");
  machine.put("sys/class/thermal/thermal_zone1/type", "cpu-thermal");
  machine.put("sys/class/thermal/thermal_zone1/temp", "44000");
  machine.put("proc/cpuinfo", "processor : 0\ncpu MHz\t\t: 1500.5\nprocessor : 1\ncpu MHz\t\t: 2500.5\n");
  const DeviceReading reading = machine.open()->read();
  EXPECT_DOUBLE_EQ(reading.celsius.value(), 44);
  EXPECT_DOUBLE_EQ(reading.clockHz.value(), 2000.5e6);
}

TEST(HostSensor, SurvivesInvalidFiles) {
  Machine machine;
  machine.put("sys/class/powercap/intel-rapl:0", "a file where a folder should be");
  machine.put("sys/class/hwmon/hwmon0/name", "coretemp");
  machine.put("sys/class/hwmon/hwmon0/temp1_input", "hot");
  machine.put("proc/cpuinfo", "cpu MHz without a colon\ncpu MHz : -\n");
  machine.put("proc/self/statm", "many");
  const auto sensor = machine.open();
  machine.seconds += 1;
  const DeviceReading reading = sensor->read();
  EXPECT_FALSE(reading.watts || reading.celsius || reading.clockHz || reading.memoryBytes);
}

TEST(HostSensor, TheCpuBackendReadsThisMachine) {
  Backend& backend = **DeviceRegistry::instance().backendFor("cpu");
  EXPECT_EQ(backend.sensor("cpu:7").error().code, ErrorCode::NotFound);
  const auto sensor = backend.sensor("cpu").value();
  const double begun = processorSeconds();
  while (processorSeconds() - begun < 0.03) {
  }
  const DeviceReading reading = sensor->read();
  EXPECT_GT(reading.utilization.value(), 0);
  EXPECT_LE(reading.utilization.value(), 1);
  EXPECT_GT(reading.memoryBytes.value(), std::size_t{1} << 20);
}

TEST(Sensor, FactsAreFormattedAndOmitAbsentValues) {
  DeviceReading reading;
  EXPECT_TRUE(readingFacts(reading).empty());
  reading.utilization = 0.874;
  reading.watts = 61.25;
  reading.clockHz = 1.98e9;
  reading.memoryBytes = 400'000'000;
  const auto facts = readingFacts(reading);
  ASSERT_EQ(facts.size(), 4u);
  EXPECT_EQ(facts[0], std::make_pair(std::string("Utilization"), std::string("87%")));
  EXPECT_EQ(facts[1].second, "61.2 W");
  EXPECT_EQ(facts[2].second, "1980 MHz");
  EXPECT_EQ(facts[3].second, "400 MB");
}

}  // namespace
}  // namespace tandem
