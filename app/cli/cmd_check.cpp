#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "app/cli/card_options.h"
#include "app/cli/command.h"
#include "app/cli/data_options.h"
#include "app/cli/setting_options.h"
#include "core/compile/compile.h"
#include "core/runtime/registry.h"
#include "core/train/initial_weights.h"
#include "core/train/plan_training.h"
#include "core/twin/calibration.h"

namespace tandem::cli {
namespace {

struct Options {
  std::filesystem::path file;
  std::string device;
  std::optional<Precision> precision;
  RepeatFlags repeats;
  SettingOptions settings;
  DataOptions data;
  CardOptions cards;
  bool kernels = false, quick = false;
};

// "  stage ×2 > block ×3": the numbers next to it are totals over the six repetitions.
std::string groupText(const std::vector<const Group*>& groups) {
  std::string text;
  for (const Group* group : groups)
    text += (text.empty() ? "  " : " > ") + group->name +
            (group->repeat > 1 ? fmt::format(" ×{}", group->repeat) : "");
  return text;
}

void printLayers(const Project& project, const Analysis& analysis) {
  std::cout << fmt::format("{:<22} {:<18} {:<16} {:>12} {:>12}\n", "layer", "type", "output", "parameters",
                           "FLOPs");
  const auto order = project.network.order();
  if (!order.ok()) return;
  for (const LayerId id : *order) {
    const Layer& layer = *project.network.find(id);
    const auto it = analysis.layers.find(id);
    if (it == analysis.layers.end()) continue;
    const LayerFacts& facts = it->second;
    std::cout << fmt::format("{:<22} {:<18} {:<16} {:>12} {:>12}{}{}\n", layer.name, layer.type,
                             facts.outputText(), facts.parameters + facts.untrained,
                             countText(facts.forwardFlops),
                             !layer.trainable && facts.untrained > 0 ? "  frozen" : "",
                             groupText(project.network.groupsAround(id)));
  }
  std::cout << fmt::format("{} trainable and {} non-trainable parameters, {} forward FLOPs per sample\n",
                           analysis.parameters, analysis.untrained, countText(analysis.forwardFlops));
}

void printPlan(const Plan& plan, Backend& backend, const TrainingConfig& training, bool kernels) {
  const MemoryUse& m = plan.forecast;
  std::cout << fmt::format(
      "Memory forecast on {} at batch {}: {} (weights {}, gradients {}, optimizer {}, non-trainable {}, activations {}, "
      "workspace {}, batch {}, checkpoint {}{})\n",
      training.device.device, training.batch, bytesText(static_cast<double>(m.total())),
      bytesText(static_cast<double>(m.weights)), bytesText(static_cast<double>(m.gradients)),
      bytesText(static_cast<double>(m.optimizer)), bytesText(static_cast<double>(m.states)),
      bytesText(static_cast<double>(m.activations)), bytesText(static_cast<double>(m.workspace)),
      bytesText(static_cast<double>(m.inputs)), bytesText(static_cast<double>(m.checkpoint)),
      m.context > 0 ? ", driver " + bytesText(static_cast<double>(m.context)) : std::string());
  if (const auto calibration = storedCalibration(plan.options, backend)) {
    const ProfileRecord step = forecastStep(plan, *calibration);
    const double seconds = step.forward + step.backward + step.update;
    std::cout << fmt::format("Time forecast: {:.3f} ms per step, {} samples/s (calibrated {})\n",
                             1e3 * seconds, countText(static_cast<double>(plan.batch) / seconds),
                             calibration->when);
  } else {
    std::cout << "Time forecast: none yet; run `tandem calibrate` once for this device\n";
  }
  if (!kernels) return;
  for (const Phase phase : {Phase::Train, Phase::Evaluate}) {
    std::cout << (phase == Phase::Train ? "Kernels of a training step:\n" : "Kernels of an evaluation:\n");
    for (const KernelUse& use : kernelsOf(plan.phase(phase), training.device.precision)) {
      std::cout << fmt::format("  {:<20} {:<28} {:<24} {}{}\n", use.layer, use.op, use.choice.text(),
                               use.precision.text, use.precision.why.empty() ? "" : ": " + use.precision.why);
      for (const Refusal& refusal : use.choice.refusals)
        std::cout << fmt::format("  {:<20} {:<28} not {}: {}\n", "", "", refusal.kernel, refusal.reason);
    }
  }
}

// Reads the data as `train` does, or with `quick` only its structure.
Result<DatasetInfo> readData(const Project& project, bool quick, std::shared_ptr<const Dataset>& data) {
  if (quick) return probeDataset(trainingData(project));
  TANDEM_ASSIGN(data, loadDataset(trainingData(project)));
  return data->info;
}

void printAll(const TrainingConfig& training, const DatasetInfo& info, const Dataset* data) {
  printNotes(info);
  if (!data) return;
  for (const std::string& note : dataNotes(training, *data)) std::cout << note << '\n';
}

// What `tandem train` would need on other cards; the device of the project need not exist here.
int showCards(const Options& options, const Project& project, const DatasetInfo& info, const Dataset* data,
              const CardList& list) {
  TrainingConfig training = project.training;
  if (data)
    training.batch = std::clamp<std::int64_t>(static_cast<std::int64_t>(data->part(SplitPart::Train).size()),
                                              1, training.batch);
  const auto cards = forecastCards(project.network, training, info, list.cards);
  if (!cards.ok()) return report(cards.error());
  if (options.cards.json)
    printCardsJson(*cards);
  else
    printCards(*cards, list);
  return kDone;
}

int run(const Options& options) {
  const auto list = options.cards.chosen();
  if (!list.ok()) return report(list.error());
  auto project = loadProject(options.file);
  if (!project.ok()) return report(project.error());
  if (!options.device.empty()) project->training.device.device = options.device;
  options.repeats.applyTo(project->training.device);
  if (options.precision) project->training.device.precision = *options.precision;
  if (const Status status = options.settings.applyTo(*project); !status.ok()) return report(status.error());
  if (const Status status = options.data.applyTo(project->data); !status.ok()) return report(status.error());
  const Analysis analysis = analyze(project->network);
  const bool text = !options.cards.json;
  if (text) printLayers(*project, analysis);
  std::vector<Problem> problems = analysis.problems;
  std::shared_ptr<const Dataset> data;  // without --quick
  const auto info = readData(*project, options.quick, data);
  if (info.ok() && text) printAll(project->training, *info, data.get());
  if (info.ok() && text)
    for (const std::string& note : foresightNotes(*project)) std::cout << note << '\n';
  if (!info.ok())
    problems.push_back({0, info.error(), {}});
  else if (problems.empty())
    problems = checkAgainstData(project->network, project->training, *info);
  if (const std::string& weights = project->training.initialWeights; problems.empty() && !weights.empty())
    if (const auto initial = loadInitialWeights(weights); !initial.ok())
      problems.push_back({0, initial.error(), {}});
  for (const Problem& problem : problems) report(problem.error);
  if (!problems.empty()) return kBadInput;
  if (options.cards.any()) return showCards(options, *project, *info, data.get(), *list);
  auto backend = DeviceRegistry::instance().backendFor(project->training.device.device);
  if (!backend.ok()) return report(backend.error());
  auto plan = data ? planTraining(*project, *data, **backend)
                   : compile(project->network, project->training, *info, **backend);
  if (!plan.ok()) return report(plan.error());
  TrainingConfig training = project->training;
  training.batch = (*plan)->batch;
  printPlan(**plan, **backend, training, options.kernels);
  if (const Status fits = checkFits(**plan, **backend); !fits.ok())
    return report(withFittingBatch(fits.error(), project->network, training, *info, **backend));
  return kDone;
}

}  // namespace

void addCheck(Command app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  const Command command = addCommand(
      app, chosen, "check", "Show shapes, parameters, FLOPs and memory, and report problems", options, run);
  command.option("project", options->file, "Project file (.tandem)").required();
  command.flag("--quick", options->quick,
               "Read only the structure of the data; some problems are then not found");
  command.option("--device", options->device, "Forecast for this device");
  addPrecision(command, options->precision);
  addRepeats(command, options->repeats);
  addSettingOptions(command, options->settings);
  addWeightsOption(command, options->settings);
  addDataOptions(command, options->data);
  addCardOptions(command, options->cards);
  command.flag("--kernels", options->kernels,
               "Also list the kernel and precision of every op, and why other kernels were rejected");
}

}  // namespace tandem::cli
