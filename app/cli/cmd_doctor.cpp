#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

#include "app/cli/command.h"
#include "core/base/install_dirs.h"
#include "core/base/log.h"
#include "core/compile/compile.h"
#include "core/data/dataset.h"
#include "core/network/project.h"
#include "core/runs/environment.h"
#include "core/runs/gpu_setup.h"
#include "core/runs/run_store.h"
#include "core/runtime/precisions.h"
#include "core/runtime/registry.h"

namespace tandem::cli {
namespace {

struct Options {
  bool setup = false;
};

void line(bool good, std::string_view what, std::string_view detail) {
  std::cout << fmt::format("[{}] {:<22} {}\n", good ? "ok" : "--", what, detail);
}

// Prints the current readings of the device, and which are not available.
void readings(Backend& backend, const std::string& device) {
  const auto sensor = backend.sensor(device);
  if (!sensor.ok()) {
    line(false, "  readings of " + device, sensor.error().text());
    return;
  }
  std::this_thread::sleep_for(
      std::chrono::milliseconds(100));  // utilization and power are averages over an interval
  for (const auto& [label, value] : readingFacts((*sensor)->read()))
    line(true, fmt::format("  {} of {}", label, device), value);
  for (const SensorGap& gap : (*sensor)->gaps())
    line(false, fmt::format("  {} of {}", gap.what, device), "not measured: " + gap.why);
}

// Opens a session of a small network, which runs each of its kernels once.
void trial(Backend& backend, const DeviceInfo& device) {
  const auto text = [&]() -> Result<std::string> {
    TANDEM_ASSIGN(Project project, projectFromTemplate("Two moons"));
    project.training.device = {};
    project.training.device.device = device.id;
    TANDEM_ASSIGN(const DatasetInfo info, probeDataset(trainingData(project)));
    TANDEM_ASSIGN(auto plan, compile(project.network, project.training, info, backend));
    TANDEM_ASSIGN(const auto session, backend.open(std::move(plan)));
    return session->limitation();
  }();
  const bool good = text.ok() && text->empty();
  line(good, "  trial on " + device.id,
       good        ? "a small network runs"
       : text.ok() ? "a small network runs, but " + *text
                   : text.error().text());
}

bool hasUsableGpu() {
  const std::vector<DeviceInfo> devices = DeviceRegistry::instance().devices();
  return std::ranges::any_of(devices,
                             [](const DeviceInfo& device) { return device.threads == 0 && device.usable; });
}

int showSetup() {
  const Distribution distribution = thisDistribution();
  std::cout << setupText(gpuSetup(gpuFindings(DeviceRegistry::instance().slots()), distribution),
                         distribution);
  return kDone;
}

int run(const Options& options) {
  if (options.setup) return showSetup();
  for (const auto& [label, value] : environmentFacts()) line(true, label, value);
  bool healthy = true;
  for (const BackendSlot& slot : DeviceRegistry::instance().slots()) {
    if (!slot.backend) {
      line(false, slot.file, "could not be loaded: " + slot.problem);
      continue;
    }
    const std::string why = slot.backend->unusable();
    line(why.empty(), std::string("backend ") + std::string(slot.backend->name()),
         why.empty() ? "ready" : why);
    for (const auto& [label, value] : slot.backend->facts()) line(true, "  " + label, value);
    for (const DeviceInfo& device : slot.backend->devices()) {
      for (const PrecisionChoice& choice : precisionChoices(device))
        line(choice.offered, fmt::format("  {} on {}", nameOf(choice.precision), device.id), choice.text);
      readings(*slot.backend, device.id);
      if (device.usable)
        trial(*slot.backend, device);
      else
        line(false, "  " + device.id, device.reason);
    }
  }
  if (!hasUsableGpu())
    line(false, "GPU", "none can be used; `tandem doctor --setup` shows how to set one up");
  if (!DeviceRegistry::instance().backendFor("cpu").ok()) {
    line(false, "backend cpu", "missing from " + backendsDir().string() + ": rebuild or reinstall Tandem");
    healthy = false;
  }
  DataSpec fashion;
  fashion.kind = DataKind::Idx;
  fashion.path = "builtin:fashion-mnist";
  const auto data = probeDataset(fashion);
  line(data.ok(), "Fashion-MNIST", data.ok() ? "installed" : data.error().text());
  const auto store = RunStore::open(RunStore::defaultFolder());
  line(store.ok(), "recorded runs",
       store.ok() ? (*store)->folder().string() + ((*store)->readOnly() ? ", read-only" : "")
                  : store.error().text());
  const LogPlace log = logPlace();
  line(log.problem.empty(), "log", log.problem.empty() ? log.file.string() : log.problem);
  return healthy && store.ok() ? kDone : kRunFailed;
}

}  // namespace

void addDoctor(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command =
      addCommand(app, chosen, "doctor", "Check this installation and report what is missing", options, run);
  command.flag("--setup", options->setup,
               "Show how to set up a GPU: what is there, and the commands that install the rest");
}

}  // namespace tandem::cli
