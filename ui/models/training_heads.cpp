#include "ui/models/training_heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/compile/compile.h"
#include "core/objectives/class_weights.h"

namespace tandem::ui {
namespace {

constexpr std::size_t kNew = std::numeric_limits<std::size_t>::max();

struct Monitored {
  std::size_t head;
  std::string value;
};

// What is monitored, unless it is the loss of all heads.
std::optional<Monitored> monitoredBy(const TrainingConfig& training) {
  if (training.monitor == "loss") return std::nullopt;
  for (std::size_t i = 0; i < training.heads.size(); ++i) {
    const Head& head = training.heads[i];
    std::vector<std::string> values{"loss"};
    for (const MetricConfig& metric : head.reportedMetrics())
      if (metric.def().view == MetricView::Number) values.push_back(nameOf(metric));
    for (std::string& value : values)
      if (training.monitor == reportName(training, head, value)) return Monitored{i, std::move(value)};
  }
  return std::nullopt;
}

// origins: the index that each of the heads has now, or kNew.
void setHeads(TrainingConfig& training, std::vector<Head> heads, const std::vector<std::size_t>& origins) {
  const std::optional<Monitored> monitored = monitoredBy(training);
  training.heads = std::move(heads);
  if (monitored) {
    const auto found = std::ranges::find(origins, monitored->head);
    if (found != origins.end()) {
      const Head& head = training.heads[static_cast<std::size_t>(found - origins.begin())];
      training.monitor = reportName(training, head, monitored->value);
    }
  }
  fitMetrics(training);  // monitors the loss if that head is gone
}

std::vector<std::size_t> sameIndices(const TrainingConfig& training) {
  std::vector<std::size_t> indices(training.heads.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

}  // namespace

std::string outputName(const Head& head, const Network& network) {
  if (const auto output = network.findSource(head.output)) return network.nameOf(*output);
  if (!head.output.empty()) return head.output;
  const std::vector<Source> outputs = network.outputs();
  return outputs.size() == 1 ? network.nameOf(outputs[0]) : std::string();
}

void addHeads(TrainingConfig& training, const Network& network, const std::optional<DatasetInfo>& data,
              std::size_t most) {
  DatasetInfo unknown;
  unknown.targets.clear();
  const std::vector<Source> outputs = network.outputs();
  // headsFor() takes a head that does not name its output as that of the first one.
  const auto trainedOn = [&](const Head& head) {
    return head.output.empty() && !outputs.empty() ? network.nameOf(outputs[0]) : head.output;
  };
  std::vector<Head> heads;
  std::vector<std::size_t> origins;
  for (Head& head : headsFor(network, training, data ? *data : unknown)) {
    const auto same = std::ranges::find(training.heads, trainedOn(head), trainedOn);
    const bool added = same == training.heads.end();
    if (added && (most == 0 || heads.size() == kMaxHeads)) continue;
    if (added) --most;
    origins.push_back(added ? kNew : static_cast<std::size_t>(same - training.heads.begin()));
    heads.push_back(std::move(head));
  }
  setHeads(training, std::move(heads), origins);
}

void removeHead(TrainingConfig& training, std::size_t index) {
  std::vector<Head> heads = training.heads;
  std::vector<std::size_t> origins = sameIndices(training);
  heads.erase(heads.begin() + static_cast<std::ptrdiff_t>(index));
  origins.erase(origins.begin() + static_cast<std::ptrdiff_t>(index));
  setHeads(training, std::move(heads), origins);
}

void setOutput(TrainingConfig& training, std::size_t index, const std::string& output) {
  std::vector<Head> heads = training.heads;
  heads[index].output = output;
  setHeads(training, std::move(heads), sameIndices(training));
}

void renameOutput(TrainingConfig& training, const std::string& from, const std::string& to) {
  for (std::size_t i = 0; i < training.heads.size(); ++i) {
    const std::string output = training.heads[i].output;  // "split" or "split/part_2"
    if (output == from || output.starts_with(from + "/"))
      setOutput(training, i, to + output.substr(from.size()));
  }
}

void removeHeadsOfRemoved(TrainingConfig& training, const Network& before, const Network& after) {
  for (std::size_t i = training.heads.size(); i-- > 0;) {
    const std::string& output = training.heads[i].output;
    if (output.empty() || !before.findSource(output) || after.findSource(output)) continue;
    if (training.heads.size() > 1)
      removeHead(training, i);
    else
      setOutput(training, i, {});
  }
}

std::string classWeightLines(const Head& head, const Property& property,
                             const std::optional<DatasetInfo>& data) {
  std::string lines;
  if (property.key != kOwnWeights || !data) return lines;
  const std::vector<std::string> classes = weightedClasses(head, *data);
  const std::vector<double> weights = head.loss.properties().numbers(kOwnWeights);
  for (std::size_t i = 0; i < std::min(classes.size(), kListedClasses); ++i)
    lines += fmt::format("{}{}: {}", i == 0 ? "" : "\n", classes[i],
                         i < weights.size() ? fmt::format("{:g}", weights[i]) : "?");
  if (classes.size() > kListedClasses) lines += "\n…";
  return lines;
}

}  // namespace tandem::ui
