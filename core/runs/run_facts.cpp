#include "core/runs/run_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/network/analysis.h"
#include "core/objectives/class_weights.h"
#include "core/text/spaced.h"

namespace tandem {
namespace {

using Json = nlohmann::ordered_json;

class Facts {
 public:
  Facts(std::string title, bool given) : facts_{std::move(title), given, {}} {}
  void text(std::string label, std::string value) {
    if (!value.empty()) facts_.facts.push_back({std::move(label), std::move(value), false});
  }
  void number(std::string label, double value, std::string_view unit = {}) {
    facts_.facts.push_back({std::move(label), numberText(value) + std::string(unit), true});
  }
  void count(std::string label, std::int64_t value) {
    facts_.facts.push_back({std::move(label), fmt::format("{}", value), true});
  }
  RunFacts take() { return std::move(facts_); }

 private:
  RunFacts facts_;
};

// Adds the last and the best value over the epochs, if finite.
template <class Value>
void addEpochs(Facts& facts, const std::string& label, const RunCurves& curves, bool higherIsBetter,
               const Value& value) {
  const EpochRecord* best = nullptr;
  const EpochRecord* last = nullptr;
  for (const EpochRecord& epoch : curves.epochs) {
    const std::optional<float> mine = value(epoch);
    if (!mine) continue;
    last = &epoch;
    if (!std::isfinite(*mine)) continue;
    if (!best || (higherIsBetter ? *mine > *value(*best) : *mine < *value(*best))) best = &epoch;
  }
  if (last) facts.number(label + ", last epoch", static_cast<double>(*value(*last)));
  if (best)
    facts.number(label + ", best epoch", static_cast<double>(*value(*best)),
                 fmt::format(" (epoch {})", best->epoch));
}

RunFacts results(const RecordedRun& run) {
  const RunInfo& info = run.info;
  const RunCurves& curves = run.curves;
  Facts facts("Result", false);
  facts.text("state", std::string(nameOf(info.state)));
  facts.text("error", info.error);
  facts.text("started", info.started);
  facts.count("steps", info.steps);
  facts.count("epochs", info.epochs);
  if (!curves.steps.empty() && curves.steps.front().step > 1)
    facts.count("resumed from step", curves.steps.front().step - 1);
  for (const ReportSlot& slot : curves.slots) {
    const auto index = static_cast<std::size_t>(slot.slot);
    const std::string name = spacedReport(slot.name);
    if (!curves.steps.empty() && !slot.evaluationOnly)
      facts.number("training " + name + ", last step",
                   static_cast<double>(curves.steps.back().values[index]));
    if (slot.trainingOnly) continue;
    if (!slot.evaluationOnly)
      addEpochs(facts, "training " + name, curves, slot.higherIsBetter,
                [index](const EpochRecord& epoch) { return std::optional(epoch.train[index]); });
    addEpochs(facts, "validation " + name, curves, slot.higherIsBetter, [index](const EpochRecord& epoch) {
      return epoch.hasValidation ? std::optional(epoch.validation[index]) : std::nullopt;
    });
  }
  if (info.testMetric) facts.number("test " + spacedReport(info.metricName), *info.testMetric);
  return facts.take();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

RunFacts speed(const RecordedRun& run) {
  const RunCurves& curves = run.curves;
  Facts facts("Speed", false);
  facts.number("time", run.info.seconds, " s");
  if (run.info.samplesPerSecond > 0) facts.number("samples/s", run.info.samplesPerSecond);
  // Times are measured from result to result, because steps overlap on devices that queue them. Intervals
  // between epochs include the evaluation and are left out.
  std::vector<double> between;
  double waited = 0;
  for (std::size_t i = 0; i < curves.steps.size(); ++i) {
    const StepRecord& step = curves.steps[i];
    waited += static_cast<double>(step.dataWaitSeconds);
    if (i == 0 || step.epoch != curves.steps[i - 1].epoch || step.step <= curves.steps[i - 1].step) continue;
    between.push_back((step.wallSeconds - curves.steps[i - 1].wallSeconds) /
                      static_cast<double>(step.step - curves.steps[i - 1].step));
  }
  if (!between.empty()) facts.number("step time (median)", 1e3 * median(between), " ms");
  if (!curves.steps.empty())
    facts.number("waiting for data (mean)", 1e3 * waited / static_cast<double>(curves.steps.size()), " ms");
  if (!curves.profiles.empty()) {
    const auto part = [&](const char* label, double ProfileRecord::*seconds) {
      std::vector<double> all;
      for (const ProfileRecord& profile : curves.profiles) all.push_back(profile.*seconds);
      facts.number(label, 1e3 * median(all), " ms");
    };
    part("forward (median)", &ProfileRecord::forward);
    part("backward (median)", &ProfileRecord::backward);
    part("update (median)", &ProfileRecord::update);
    part("copy to the device (median)", &ProfileRecord::transfer);
    part("telemetry (median)", &ProfileRecord::telemetry);
    facts.count("profiled steps", static_cast<std::int64_t>(curves.profiles.size()));
    const MemoryUse& use = curves.profiles.back().memory;
    const auto bytes = [&](const char* label, std::size_t value) {
      if (value > 0) facts.number(label, static_cast<double>(value) * 1e-6, " MB");
    };
    bytes("memory in use", use.total());
    bytes("memory: weights", use.weights);
    bytes("memory: gradients", use.gradients);
    bytes("memory: optimizer", use.optimizer);
    bytes("memory: activations", use.activations);
    bytes("memory: workspace", use.workspace);
    bytes("memory: checkpoint", use.checkpoint);
  }
  if (run.info.joules) facts.number("energy of the device", *run.info.joules, " J");
  return facts.take();
}

// "0.001", "adam", "yes", "x, y".
std::string textOf(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_object() && value.contains("type")) {  // "top_k_accuracy (k 5)"
    std::string properties;
    for (const auto& [key, each] : value.items())
      if (key != "type" && each != Json::array())  // no list of class weights
        properties += fmt::format("{}{} {}", properties.empty() ? "" : ", ", key, textOf(each));
    return textOf(value["type"]) + (properties.empty() ? "" : " (" + properties + ")");
  }
  if (!value.is_array()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string text;
  for (const Json& each : value) text += (text.empty() ? "" : ", ") + textOf(each);
  return text;
}

std::string labelOf(const std::string& object, const std::string& key) {
  if (object.empty() || object == "device") return spaced(key);
  return spaced(key == "type" ? object : fmt::format("{}: {}", object, key));
}

// Adds every value under one key of the project file, so that new settings are included automatically.
void addSettings(Facts& facts, const Json& json, const std::set<std::string>& unused,
                 const std::string& object = {}) {
  for (const auto& [key, value] : json.items()) {
    if (unused.contains(object.empty() ? key : fmt::format("{}.{}", object, key))) continue;
    if (value.is_object())
      addSettings(facts, value, unused, key);
    else
      facts.text(labelOf(object, key), textOf(value));
  }
}

// Settings without effect under the other settings, which do not make two runs differ.
std::set<std::string> unusedSettings(const TrainingConfig& t) {
  std::set<std::string> unused;
  const auto need = [&](bool used, std::initializer_list<const char*> paths) {
    if (!used) unused.insert(paths.begin(), paths.end());
  };
  need(t.clip != ClipKind::None, {"clip_limit"});
  return unused;
}

std::set<std::string> unusedSettings(const DataSpec& data) {
  std::set<std::string> unused;
  const auto need = [&](DataKind kind, std::initializer_list<const char*> paths) {
    if (data.kind != kind) unused.insert(paths.begin(), paths.end());
  };
  need(DataKind::Generated, {"generator", "count", "noise"});
  need(DataKind::Csv, {"ignore", "sample_weights", "texts"});
  if (data.kind != DataKind::Numpy) need(DataKind::Csv, {"classification"});
  if (data.kind != DataKind::Numpy && data.kind != DataKind::Cifar) need(DataKind::Csv, {"target"});
  need(DataKind::Numpy, {"array"});
  need(DataKind::ImageFolder, {"masks"});
  // Tables may have columns of images, and some generated data are images of a chosen size.
  const DataSpec usual;
  const bool chosen = data.imageHeight != usual.imageHeight || data.imageWidth != usual.imageWidth ||
                      data.imageChannels != usual.imageChannels;
  if (!chosen || data.kind == DataKind::Idx || data.kind == DataKind::Cifar)
    need(DataKind::ImageFolder, {"image_height", "image_width", "image_channels"});
  const auto generates = [&](std::string_view name) {
    return data.kind == DataKind::Generated && data.generator == name;
  };
  const bool columns = data.kind == DataKind::Csv && !data.texts.empty();
  if (data.kind != DataKind::TextFolder && data.kind != DataKind::TextFile && !columns &&
      !generates("sentences"))
    unused.insert("text");
  if (!generates("series")) need(DataKind::Csv, {"series"});
  if (data.kind == DataKind::Generated) unused.insert("path");
  return unused;
}

}  // namespace

std::string numberText(double value) {
  if (std::isnan(value)) return "not a number";
  if (std::isinf(value)) return "infinite";
  // Six significant digits; integers in full.
  return std::abs(value) >= 1e6 && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                          : fmt::format("{:.6g}", value);
}

std::vector<RunFacts> factsOf(const RecordedRun& run, const std::optional<Project>& project) {
  Facts settings("Settings", true), network("Network", true), data("Data", true),
      environment("Environment", true);
  if (project) {
    Project stated = *project;
    for (Head& head : stated.training.heads) {
      head.metrics = head.reportedMetrics();  // also the usual ones
      if (!hasOwnWeights(head.loss))
        (void)head.loss.set(kOwnWeights, std::vector<double>());  // have no effect
    }
    const Json json = Json::parse(toJson(stated));
    addSettings(settings, json.at("training"), unusedSettings(project->training));
    addSettings(data, json.at("data"), unusedSettings(project->data));
    network.text("project", project->name);
    network.count("layers", static_cast<std::int64_t>(project->network.expandedLayers()));
    const Analysis analysis = analyze(project->network);
    network.count("parameters", analysis.parameters);
    network.count("non-trainable parameters", analysis.untrained);
  }
  data.text("fingerprint", run.info.data);
  data.text("fingerprint of the initial weights", run.info.initialWeights);
  environment.text("ran on", run.info.device);
  if (run.info.imported) environment.text("record", "imported from the machine listed here");
  for (const auto& [label, value] : run.info.environment) environment.text(label, value);
  environment.text("kernels", run.info.kernels);
  return {results(run), speed(run), settings.take(), network.take(), data.take(), environment.take()};
}

}  // namespace tandem
