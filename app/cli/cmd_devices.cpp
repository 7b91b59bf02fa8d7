#include <fmt/format.h>

#include <iostream>

#include "app/cli/command.h"
#include "core/runtime/registry.h"

namespace tandem::cli {
namespace {

struct Options {};

int run(const Options&) {
  const DeviceRegistry& registry = DeviceRegistry::instance();
  for (const DeviceInfo& device : registry.devices()) {
    std::string line = fmt::format("{:<8} {}", device.id, device.name);
    if (device.threads > 0) line += fmt::format(", {} threads", device.threads);
    if (device.totalBytes > 0)
      line += fmt::format(", {} of {} free", bytesText(static_cast<double>(device.freeBytes)),
                          bytesText(static_cast<double>(device.totalBytes)));
    std::cout << line << '\n';
    if (!device.usable) std::cout << "         cannot be used: " << device.reason << '\n';
    for (const PrecisionOffer& offer : device.precisions)
      std::cout << fmt::format("         {}{}{}\n", nameOf(offer.precision), offer.note.empty() ? "" : ": ",
                               offer.note);
    for (const auto& [label, value] : device.facts)
      std::cout << fmt::format("         {}: {}\n", label, value);
  }
  for (const BackendSlot& slot : registry.slots()) {
    const std::string why = slot.backend ? slot.backend->unusable() : slot.problem;
    if (!why.empty())
      std::cout << fmt::format("{}: {}\n", slot.backend ? slot.backend->name() : slot.file, why);
  }
  return kDone;
}

}  // namespace

void addDevices(CLI::App& app, Chosen& chosen) {
  addCommand(app, chosen, "devices", "List what can train: the CPU and every GPU, or why not",
             std::make_shared<Options>(), run);
}

}  // namespace tandem::cli
