#include <fmt/format.h>

#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/cli/class_table.h"
#include "app/cli/command.h"
#include "app/cli/progress.h"
#include "app/cli/runs.h"
#include "core/network/project.h"
#include "core/runs/run_events.h"
#include "core/runs/run_facts.h"
#include "core/runs/run_matrices.h"
#include "core/text/spaced.h"
#include "core/twin/target.h"

namespace tandem::cli {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();  // null in JSON

}  // namespace

nlohmann::json toJson(const RunSummary& run) {
  nlohmann::json object{{"id", run.id},
                        {"name", run.name},
                        {"device", run.device},
                        {"started", run.started},
                        {"state", nameOf(run.state)},
                        {"steps", run.steps},
                        {"epochs", run.epochs},
                        {"seconds", run.seconds},
                        {"samples_per_second", run.samplesPerSecond},
                        {"train_loss", run.trainLoss.value_or(kUnknown)},
                        {"validation_loss", run.validationLoss.value_or(kUnknown)},
                        {"weights", run.weights.string()}};
  if (run.testMetric) object["test_" + run.metricName] = *run.testMetric;
  if (run.best.known())
    object.update(
        {{"best_epoch", run.best.epoch}, {"best_metric", run.best.metric}, {"best_value", run.best.value}});
  if (run.joules) object["joules"] = *run.joules;
  if (!run.error.empty()) object["error"] = run.error;
  if (!run.tags.empty()) object["tags"] = run.tags;
  if (!run.notes.empty()) object["notes"] = run.notes;
  if (run.imported) object["imported"] = true;
  return object;
}

namespace {

std::string metricText(const RunSummary& run) {
  return run.testMetric ? fmt::format("{} {:.4f}", run.metricName, *run.testMetric) : "-";
}

}  // namespace

void printTable(const std::vector<RunSummary>& runs) {
  std::cout << fmt::format("{:>4}  {:<28} {:<16} {:<12} {:>6} {:>10} {:>20} {:>12}\n", "run", "name",
                           "device", "state", "epochs", "loss", "test", "samples/s");
  for (const RunSummary& run : runs)
    std::cout << fmt::format("{:>4}  {:<28} {:<16} {:<12} {:>6} {:>10.4f} {:>20} {:>12}\n", run.id,
                             run.name.substr(0, 28), run.device.substr(0, 16), nameOf(run.state), run.epochs,
                             run.listedLoss().value_or(kUnknown), metricText(run),
                             countText(run.samplesPerSecond));
}

void printRuns(const std::vector<RunSummary>& runs, bool json, std::string_view none) {
  if (json)
    for (const RunSummary& run : runs) std::cout << jsonLine(toJson(run)) << '\n';
  else if (runs.empty())
    std::cout << none << '\n';
  else
    printTable(runs);
}

void addRunsOptions(Command command, RunsOptions& options) {
  command.option("--runs", options.folder, "Folder of recorded runs (default: the lab's)");
  command.flag("--json", options.json, "Print one JSON object per line");
}

namespace {

nlohmann::json wholeJson(const RunInfo& run, const RunCurves& curves) {
  nlohmann::json object = toJson(run);
  for (const auto& [label, value] : run.environment) object["environment"][label] = value;
  object["data"] = run.data;
  if (!run.initialWeights.empty()) object["initial_weights"] = run.initialWeights;
  object["kernels"] = run.kernels;
  for (const RunEvent& event : curves.events)
    object["events"].push_back({{"step", event.step},
                                {"seconds", event.seconds},
                                {"kind", nameOf(event.kind)},
                                {"text", event.text}});
  for (const RunMatrix& matrix : matricesOf(run, curves)) {
    nlohmann::json json{
        {"name", matrix.name}, {"data", matrix.ofTestSet ? "test" : "validation"}, {"epoch", matrix.epoch}};
    addClasses(json, classScores(matrix.classes, matrix.counts), matrix.counts);
    object["matrices"].push_back(std::move(json));
  }
  return object;
}

// "record: 12.3 MB of at most 64.0 MB; every step".
std::string recordText(const RecordSize& size, const RunCurves& curves) {
  std::string text = "record: " + bytesText(static_cast<double>(size.bytes));
  if (size.limit) text += " of at most " + bytesText(static_cast<double>(*size.limit));
  if (curves.thinned.empty()) return text + "; every step";
  return text +
         fmt::format(
             "; every step except {} to {}, which are summarized as minimum, maximum and mean of {} steps each",
             curves.thinned.front().first, curves.thinned.back().mean.step, curves.thinned.front().count);
}

// The settings of the run, and what it ran on apart from the machine.
void printSettings(const RecordedRun& run) {
  if (!run.info.kernels.empty()) std::cout << "  kernels: " << run.info.kernels << '\n';
  const auto project = projectFromJson(run.info.projectJson, "the record");
  for (const RunFacts& group : factsOf(run, project.ok() ? std::optional(*project) : std::nullopt)) {
    if (!group.given || group.title == "Environment" || group.facts.empty()) continue;
    std::cout << group.title << '\n';
    for (const RunFact& fact : group.facts) std::cout << "  " << fact.label << ": " << fact.value << '\n';
  }
}

int list(const RunsOptions& options) {
  const auto store = openRecord(options.folder);
  if (!store.ok()) return report(store.error());
  const auto runs = (*store)->list();
  if (!runs.ok()) return report(runs.error());
  printRuns(*runs, options.json, "No runs yet. Start one with `tandem train FILE`.");
  return kDone;
}

int show(const RunsOptions& options) {
  const auto store = openRecord(options.folder);
  if (!store.ok()) return report(store.error());
  for (const std::int64_t id : options.ids) {
    auto info = (*store)->info(id);
    if (!info.ok()) return report(info.error());
    auto read = (*store)->curves(id);
    if (!read.ok()) return report(read.error());
    const RecordedRun recorded{*std::move(info), *std::move(read)};
    const RunInfo* const run = &recorded.info;
    const RunCurves* const curves = &recorded.curves;
    if (options.json) {
      nlohmann::json object = wholeJson(*run, *curves);
      const auto size = (*store)->recordSize(id);
      if (!size.ok()) return report(size.error());
      object["record_bytes"] = size->bytes;
      if (size->limit) object["record_limit"] = *size->limit;
      std::cout << jsonLine(object) << '\n';
      continue;
    }
    printTable({*run});
    std::cout << fmt::format("started {}, {} steps in {}\n", run->started, run->steps,
                             durationText(run->seconds));
    if (run->best.known()) std::cout << run->best.text() << '\n';
    const auto size = (*store)->recordSize(id);
    if (!size.ok()) return report(size.error());
    std::cout << recordText(*size, *curves) << '\n';
    if (run->joules) std::cout << "energy of the device: " << joulesText(*run->joules) << '\n';
    if (!run->error.empty()) std::cout << "error: " << run->error << '\n';
    if (!run->weights.empty()) std::cout << "checkpoint: " << run->weights.string() << '\n';
    if (!run->tags.empty()) std::cout << "tags: " << tagsText(run->tags) << '\n';
    if (!run->notes.empty()) std::cout << "notes: " << run->notes << '\n';
    if (run->imported) std::cout << "imported; recorded on:\n";
    for (const auto& [label, value] : run->environment) std::cout << "  " << label << ": " << value << '\n';
    printSettings(recorded);
    for (const RunEvent& event : curves->events)
      std::cout << fmt::format("  step {}, {}: {}\n", event.step, durationText(event.seconds), textOf(event));
    for (const EpochRecord& epoch : curves->epochs)
      std::cout << fmt::format(
          "  epoch {}: {}{}  {} samples/s\n", epoch.epoch, valuesText(curves->slots, epoch.train),
          epoch.hasValidation ? "  validation " + valuesText(curves->slots, epoch.validation, true) : "",
          countText(epoch.samplesPerSecond));
    for (const RunMatrix& matrix : matricesOf(*run, *curves)) {
      std::cout << fmt::format("\nClasses ({})\n",
                               matrix.name == "confusion_matrix"
                                   ? matrix.samplesText()
                                   : fmt::format("{}, {}", spacedReport(matrix.name), matrix.samplesText()));
      const std::vector<ClassScore> scores = classScores(matrix.classes, matrix.counts);
      printClassTable(scores);
      printConfusion(scores, matrix.counts, "--json prints the whole matrix");
    }
  }
  return kDone;
}

// Compares runs side by side, with ratios relative to the first.
int compare(const RunsOptions& options) {
  const auto store = openRecord(options.folder);
  if (!store.ok()) return report(store.error());
  std::vector<RunSummary> runs;
  for (const std::int64_t id : options.ids) {
    auto run = (*store)->info(id);
    if (!run.ok()) return report(run.error());
    runs.push_back(std::move(run).value());
  }
  if (options.json) {
    nlohmann::json all = nlohmann::json::array();
    for (const RunSummary& run : runs) all.push_back(toJson(run));
    std::cout << jsonLine(all) << '\n';
    return kDone;
  }
  printTable(runs);
  for (std::size_t i = 1; i < runs.size(); ++i)
    if (runs[0].samplesPerSecond > 0)
      std::cout << fmt::format("run {} trains {:.2f} times as fast as run {}\n", runs[i].id,
                               runs[i].samplesPerSecond / runs[0].samplesPerSecond, runs[0].id);
  return kDone;
}

}  // namespace

void addRuns(Command app, Chosen& chosen) {
  auto options = std::make_shared<RunsOptions>();
  const Command command = app.add("runs", "Manage recorded runs");
  command.requireSubcommand();
  const auto add = [&](const char* name, const char* about, int (*body)(const RunsOptions&)) {
    const Command sub = addCommand(command, chosen, name, about, options, body);
    addRunsOptions(sub, *options);
    return sub;
  };
  add("list", "List runs, newest first", list);
  add("show", "Show settings, epochs, events and environment of runs", show)
      .option("ids", options->ids, "Run numbers")
      .required();
  add("compare", "Compare runs side by side", compare)
      .option("ids", options->ids, "Two or more run numbers")
      .required()
      .count(2, 50);
  addRunsManagement(command, chosen);
}

}  // namespace tandem::cli
