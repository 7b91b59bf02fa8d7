#include "core/runtime/host_sensor.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string_view>
#include <thread>

namespace tandem {
namespace fs = std::filesystem;
namespace {

constexpr double kShortest = 1e-3;  // seconds; the counters are meaningless over shorter intervals
constexpr std::size_t kMaxClocks = 8;

std::optional<double> numberIn(const fs::path& file) {
  std::ifstream stream(file);
  double value = 0;
  if (!(stream >> value)) return {};
  return value;
}

std::string lineIn(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// Entries of a folder whose names start with `begin`, sorted by name; empty if there is no such folder.
std::vector<fs::path> entries(const fs::path& folder, std::string_view begin) {
  std::vector<fs::path> list;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end; it.increment(problem))
    if (it->path().filename().string().starts_with(begin)) list.push_back(it->path());
  std::ranges::sort(list);
  return list;
}

// A counter in microjoules that wraps around at `range`.
struct EnergyCounter {
  fs::path file;
  double range = 0;  // 0: it never wraps
  double last = 0;
};

// The sum of the increments of all counters in joules; absent if one cannot be read.
std::optional<double> advance(std::vector<EnergyCounter>& counters) {
  double microjoules = 0;
  for (EnergyCounter& counter : counters) {
    const auto value = numberIn(counter.file);
    if (!value) return {};
    double more = *value - counter.last;
    if (more < 0) more = std::max(0.0, more + counter.range);
    counter.last = *value;
    microjoules += more;
  }
  return microjoules * 1e-6;
}

class HostSensor : public Sensor {
 public:
  explicit HostSensor(HostSources sources) : sources_(std::move(sources)) {
    if (sources_.cores <= 0) sources_.cores = static_cast<int>(std::thread::hardware_concurrency());
    sources_.cores = std::max(1, sources_.cores);
    findEnergy();
    findTemperatures();
    findClocks();
    lastTime_ = sources_.now();
    lastProcessor_ = sources_.processorTime();
  }

  DeviceReading read() override {
    DeviceReading reading;
    reading.seconds = sources_.now();
    const double passed = reading.seconds - lastTime_;
    if (passed >= kShortest) {
      const double processor = sources_.processorTime();
      const double share = (processor - lastProcessor_) / (passed * sources_.cores);
      reading.utilization = std::clamp(share, 0.0, 1.0);
      lastProcessor_ = processor;
      lastTime_ = reading.seconds;
      if (const auto joules = energy_.empty() ? std::nullopt : advance(energy_)) {
        joules_ += *joules;
        reading.watts = *joules / passed;
      }
    }
    if (!energy_.empty()) reading.joules = joules_;
    for (const fs::path& file : temperatures_)
      if (const auto milli = numberIn(file))
        reading.celsius = std::max(reading.celsius.value_or(-1e9), *milli * 1e-3);
    reading.clockHz = clock();
    reading.memoryBytes = residentBytes();
    return reading;
  }

  std::vector<SensorGap> gaps() const override {
    std::vector<SensorGap> list;
    if (energy_.empty()) list.push_back({"power", powerGap_});
    if (temperatures_.empty())
      list.push_back({"temperature", "no processor temperature sensor was found (virtual machines hide it)"});
    if (!clock()) list.push_back({"clock", "neither cpufreq nor /proc/cpuinfo reports it"});
    if (!residentBytes()) list.push_back({"memory", "/proc/self/statm cannot be read"});
    return list;
  }

 private:
  fs::path at(const char* path) const { return sources_.root / path; }

  void findEnergy() {
    bool locked = false;
    const auto add = [&](const fs::path& file, double range) {
      if (const auto value = numberIn(file))
        energy_.push_back({file, range, *value});
      else
        locked = true;
    };
    // intel-rapl:0 is a package, intel-rapl:0:1 a subzone. The package includes all subzones except memory.
    for (const fs::path& zone : entries(at("sys/class/powercap"), "intel-rapl:")) {
      const std::string name = lineIn(zone / "name");
      if (name.starts_with("package") || name == "dram")
        add(zone / "energy_uj", numberIn(zone / "max_energy_range_uj").value_or(0));
    }
    if (energy_.empty() && !locked)
      for (const fs::path& chip : entries(at("sys/class/hwmon"), "hwmon")) {
        if (lineIn(chip / "name") != "amd_energy") continue;
        for (const fs::path& label : entries(chip, "energy")) {
          std::string file = label.filename().string();
          if (!file.ends_with("_label") || !lineIn(label).starts_with("Esocket")) continue;
          add(chip / file.replace(file.size() - 5, 5, "input"), 0);
        }
      }
    if (locked) energy_.clear();  // a partial sum would be mistaken for the total
    powerGap_ = locked ? "only root may read the energy counters (energy_uj in /sys/class/powercap); an "
                         "administrator can grant access with chmod a+r or a udev rule"
                       : "no energy counters were found (RAPL; virtual machines hide them)";
  }

  void findTemperatures() {
    constexpr std::array<std::string_view, 4> kChips = {"coretemp", "k10temp", "zenpower", "cpu_thermal"};
    constexpr std::array<std::string_view, 3> kZones = {"x86_pkg_temp", "cpu-thermal", "cpu_thermal"};
    const auto look = [&](const char* folder, std::string_view begin, const char* kind, const char* value,
                          auto& known) {
      for (const fs::path& entry : entries(at(folder), begin))
        if (std::ranges::find(known, lineIn(entry / kind)) != known.end() && numberIn(entry / value))
          temperatures_.push_back(entry / value);
    };
    look("sys/class/hwmon", "hwmon", "name", "temp1_input", kChips);
    if (temperatures_.empty()) look("sys/class/thermal", "thermal_zone", "type", "temp", kZones);
  }

  void findClocks() {
    std::vector<fs::path> files;
    for (const fs::path& core : entries(at("sys/devices/system/cpu"), "cpu"))
      if (fs::path file = core / "cpufreq/scaling_cur_freq"; numberIn(file)) files.push_back(std::move(file));
    const std::size_t count = std::min(files.size(), kMaxClocks);
    for (std::size_t i = 0; i < count; ++i) clocks_.push_back(files[i * files.size() / count]);
  }

  std::optional<double> clock() const {
    double sum = 0;
    std::size_t count = 0;
    for (const fs::path& file : clocks_)
      if (const auto kilohertz = numberIn(file)) {
        sum += *kilohertz * 1e3;
        ++count;
      }
    if (clocks_.empty()) {
      // The kernel generates this file core by core while it is read, so read only the beginning.
      std::ifstream info(at("proc/cpuinfo"));
      for (std::string line; count < kMaxClocks && std::getline(info, line);)
        if (const auto colon = line.find(':'); line.starts_with("cpu MHz") && colon != std::string::npos) {
          sum += std::strtod(line.c_str() + colon + 1, nullptr) * 1e6;
          ++count;
        }
    }
    if (count == 0 || !(sum > 0)) return {};
    return sum / static_cast<double>(count);
  }

  std::optional<std::size_t> residentBytes() const {
    std::ifstream file(at("proc/self/statm"));
    std::size_t size = 0, resident = 0;
    if (!(file >> size >> resident)) return {};
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }

  HostSources sources_;
  std::vector<EnergyCounter> energy_;
  std::string powerGap_;
  std::vector<fs::path> temperatures_, clocks_;
  double lastTime_ = 0, lastProcessor_ = 0, joules_ = 0;
};

}  // namespace

double steadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double processorSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::unique_ptr<Sensor> openHostSensor(HostSources sources) {
  return std::make_unique<HostSensor>(std::move(sources));
}

}  // namespace tandem
