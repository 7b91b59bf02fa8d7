#include "core/runtime/sensor.h"

#include <cstdio>
#include <string_view>

namespace tandem {
namespace {

std::string fixed(double value, int digits, const char* unit) {
  char text[48];
  const bool percent = std::string_view(unit) == "%";
  std::snprintf(text, sizeof text, "%.*f%s%s", digits, value, percent ? "" : " ", unit);
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> readingFacts(const DeviceReading& reading) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto add = [&](const char* label, const std::optional<double>& value, double unit, int digits,
                       const char* name) {
    if (value) facts.emplace_back(label, fixed(*value / unit, digits, name));
  };
  add("Utilization", reading.utilization, 0.01, 0, "%");
  add("Power", reading.watts, 1, 1, "W");
  add("Temperature", reading.celsius, 1, 0, "°C");
  add("Clock", reading.clockHz, 1e6, 0, "MHz");
  if (reading.memoryBytes)
    facts.emplace_back("Memory in use", fixed(static_cast<double>(*reading.memoryBytes) / 1e6, 0, "MB"));
  return facts;
}

}  // namespace tandem
