#include "core/runs/environment.h"

#include <fmt/format.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <fstream>
#include <mutex>
#include <string_view>

#include "core/base/log.h"
#include "core/base/machine.h"
#include "core/runtime/registry.h"

namespace tandem {
namespace {

// The value of the first line that starts with `key`: the text after `separator`, without quotes.
std::string lineValue(const char* file, std::string_view key, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find(separator);
    if (!line.starts_with(key) || at == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t\"", at + 1);
    const std::size_t end = line.find_last_not_of(" \t\"");
    return begin == std::string::npos ? "" : line.substr(begin, end - begin + 1);
  }
  return "unknown";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> environmentFacts() {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back("Tandem", TANDEM_VERSION);
  facts.emplace_back("commit", TANDEM_COMMIT);
  facts.emplace_back("compiler", __VERSION__);
  utsname kernel{};
  const bool named = uname(&kernel) == 0;
  if (named) facts.emplace_back("machine", kernel.nodename);
  facts.emplace_back("processor", lineValue("/proc/cpuinfo", "model name", ':'));
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    facts.emplace_back("cores", std::to_string(CPU_COUNT(&allowed)) + " usable of " +
                                    std::to_string(sysconf(_SC_NPROCESSORS_CONF)));
  const double gib = memoryOfMachine() / (1 << 30);
  facts.emplace_back("memory", std::to_string(std::lround(gib)) + " GiB");
  facts.emplace_back("system", lineValue("/etc/os-release", "PRETTY_NAME", '='));
  if (named) facts.emplace_back("kernel", kernel.release);
  for (const BackendSlot& slot : DeviceRegistry::instance().slots()) {
    if (!slot.backend) continue;
    const std::string prefix = std::string(slot.backend->name()) + " ";
    // An unusable backend took no part in the run, and querying it would load its libraries.
    const bool usable = slot.backend->unusable().empty();
    facts.emplace_back(prefix + "backend", usable ? slot.file : slot.file + ", not usable");
    if (!usable) continue;
    for (auto& [label, value] : slot.backend->facts()) facts.emplace_back(prefix + label, value);
  }
  facts.emplace_back("SQLite", sqlite3_libversion());
  static std::once_flag logged;
  std::call_once(logged, [&] {
    for (const auto& [label, value] : facts) logInfo(fmt::format("{}: {}", label, value));
  });
  return facts;
}

std::string deviceText(const DeviceOptions& options, Backend& backend) {
  std::string text = options.device;
  for (const DeviceInfo& device : backend.devices()) {
    if (!isDevice(device, options.device) || device.threads == 0) continue;
    const int threads = options.threads > 0 ? options.threads : device.threads;
    text += fmt::format(", {} thread{}", threads, threads == 1 ? "" : "s");
  }
  if (options.precision != Precision::Fp32) text += fmt::format(", {}", nameOf(options.precision));
  if (!options.deterministic) text += ", fast";
  return text;
}

std::string systemText() {
  utsname kernel{};
  std::string text = lineValue("/etc/os-release", "PRETTY_NAME", '=');
  if (uname(&kernel) == 0) text.append(", kernel ").append(kernel.release);
  return text;
}

std::string utcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace tandem
