#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <map>
#include <thread>

#include "app/cli/command.h"
#include "core/runtime/precisions.h"
#include "core/runtime/registry.h"

namespace tandem::cli {
namespace {

struct Options {};

// Utilization and power are averages over an interval.
constexpr auto kInterval = std::chrono::milliseconds(200);

std::map<std::string, std::unique_ptr<Sensor>> openSensors(const DeviceRegistry& registry,
                                                           const std::vector<DeviceInfo>& devices) {
  std::map<std::string, std::unique_ptr<Sensor>> sensors;
  for (const DeviceInfo& device : devices) {
    const auto backend = registry.backendFor(device.id);
    if (!backend.ok()) continue;
    if (auto sensor = (*backend)->sensor(device.id); sensor.ok()) sensors[device.id] = std::move(*sensor);
  }
  return sensors;
}

int run(const Options&) {
  const DeviceRegistry& registry = DeviceRegistry::instance();
  const std::vector<DeviceInfo> devices = registry.devices();
  const auto sensors = openSensors(registry, devices);
  std::this_thread::sleep_for(kInterval);
  for (const DeviceInfo& device : devices) {
    std::string line = fmt::format("{:<8} {}", device.id, device.name);
    if (device.threads > 0) line += fmt::format(", {} threads", device.threads);
    if (device.totalBytes > 0)
      line += fmt::format(", {} of {} free", bytesText(static_cast<double>(device.freeBytes)),
                          bytesText(static_cast<double>(device.totalBytes)));
    std::cout << line << '\n';
    if (!device.usable) std::cout << "         cannot be used: " << device.reason << '\n';
    for (const PrecisionChoice& choice : precisionChoices(device))
      std::cout << fmt::format("         {}: {}\n", nameOf(choice.precision), choice.text);
    for (const auto& [label, value] : device.facts)
      std::cout << fmt::format("         {}: {}\n", label, value);
    const auto sensor = sensors.find(device.id);
    if (sensor == sensors.end()) continue;
    std::string now;
    for (const auto& [label, value] : readingFacts(sensor->second->read()))
      now += fmt::format("{}{} {}", now.empty() ? "" : ", ", label, value);
    std::cout << fmt::format("         now: {}\n", now.empty() ? "no readings" : now);
    for (const SensorGap& gap : sensor->second->gaps())
      std::cout << fmt::format("         {} not available: {}\n", gap.what, gap.why);
  }
  for (const BackendSlot& slot : registry.slots()) {
    const std::string why = slot.backend ? slot.backend->unusable() : slot.problem;
    if (!why.empty())
      std::cout << fmt::format("{}: {}\n", slot.backend ? slot.backend->name() : slot.file, why);
  }
  return kDone;
}

}  // namespace

void addDevices(Command app, Chosen& chosen) {
  addCommand(app, chosen, "devices", "List the CPU and all GPUs, and explain why a device cannot be used",
             std::make_shared<Options>(), run);
}

}  // namespace tandem::cli
