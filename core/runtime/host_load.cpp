#include "core/runtime/host_load.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

namespace tandem {
namespace {

constexpr double kShortest = 0.1;  // seconds over all processors: ten ticks of the kernel's clock

}  // namespace

HostLoad::HostLoad(HostSources sources) : sources_(std::move(sources)), before_(read()) {}

std::optional<HostLoad::Times> HostLoad::read() const {
  std::ifstream stream(sources_.root / "proc/stat");
  std::string name;
  // user, nice, system, idle, iowait, irq, softirq, steal; user includes guest time.
  std::array<double, 8> ticks{};
  stream >> name;
  for (double& each : ticks) stream >> each;
  if (!stream || name != "cpu") return {};
  Times times;
  const auto second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  for (const double each : ticks) times.all += each / second;
  times.busy = times.all - (ticks[3] + ticks[4]) / second;
  times.own = sources_.processorTime();
  return times;
}

std::optional<double> HostLoad::others() const {
  const auto now = read();
  if (!now || !before_ || now->all - before_->all < kShortest) return {};
  const double busy = now->busy - before_->busy, own = now->own - before_->own;
  return std::clamp((busy - own) / (now->all - before_->all), 0.0, 1.0);
}

}  // namespace tandem
