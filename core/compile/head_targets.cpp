// Which tensors of the data each head is trained for, and the heads that a network and its data suggest.
#include <fmt/format.h>

#include <algorithm>

#include "core/compile/compile.h"
#include "core/json/parse.h"
#include "core/objectives/class_weights.h"
#include "core/text/enumeration.h"

namespace tandem {

std::int64_t classesOf(const Head& head, std::span<const std::size_t> targets, const DatasetInfo& data) {
  const int classes = data.tensor(targets[0]).classes;
  return head.loss.def().target == TargetKind::TwoClasses && targets.size() > 1 ? std::min(classes, 2)
                                                                                : classes;
}

Result<std::vector<std::size_t>> targetsOf(const Head& head, const DatasetInfo& data) {
  std::vector<std::size_t> indices;
  for (const std::string& name : head.targets) {
    const auto index = data.find(name);
    if (!index) {
      std::vector<std::string> known;
      for (std::size_t i = 0; i < data.inputs.size() + data.targets.size(); ++i)
        known.push_back(inQuotes(data.tensor(i).name));
      return invalid(fmt::format("a head predicts {}, which {} does not have", inQuotes(name), data.name),
                     "training", "Choose one of " + enumerated(known));
    }
    indices.push_back(*index);
  }
  if (head.targets.empty())
    for (std::size_t t = 0; t < data.targets.size(); ++t) indices.push_back(data.inputs.size() + t);
  if (indices.empty())
    return invalid(data.name + " has no target", "training",
                   "Choose an input as the target of the head, to train an auto-encoder");
  return indices;
}

std::vector<std::string> weightedClasses(const Head& head, const DatasetInfo& data) {
  std::vector<std::string> names;
  const auto targets = targetsOf(head, data);
  if (!targets.ok() || !findProperty(head.loss.def().properties, kClassWeights)) return names;
  for (const std::size_t index : *targets) {
    const DataTensor& target = data.tensor(index);
    for (int c = 0; c < target.classes; ++c) {
      const auto at = static_cast<std::size_t>(c);
      const std::string name = at < target.classNames.size() ? target.classNames[at] : fmt::format("{}", c);
      names.push_back(targets->size() == 1 ? name : fmt::format("{}={}", target.name, name));
    }
  }
  return names;
}

std::vector<Head> headsFor(const Network& network, const TrainingConfig& training, const DatasetInfo& data) {
  std::vector<Source> open = network.outputs();
  std::vector<Head> heads;
  for (Head head : training.heads) {
    // A head that does not name its output belongs to the first one.
    if (head.output.empty() && !open.empty()) head.output = network.nameOf(open[0]);
    const std::optional<Source> output = network.findSource(head.output);
    if (!output) continue;
    std::erase(open, *output);
    heads.push_back(std::move(head));
  }
  std::vector<const DataTensor*> unused;
  for (const DataTensor& target : data.targets) {
    const bool used = std::ranges::any_of(heads, [&](const Head& head) {
      return std::ranges::find(head.targets, target.name) != head.targets.end();
    });
    if (!used) unused.push_back(&target);
  }
  std::ranges::reverse(unused);
  const auto takeTarget = [&](Head& head) {
    if (unused.empty()) return;
    head.targets = {unused.back()->name};
    if ((head.loss.def().target == TargetKind::Values) == (unused.back()->classes > 0))
      head.loss = unused.back()->classes > 0 ? "softmax_cross_entropy" : "mse";
    unused.pop_back();
  };
  if (heads.size() + open.size() > 1)
    for (Head& head : heads)
      if (head.targets.empty()) takeTarget(head);
  for (const Source& output : open) {
    if (heads.size() == kMaxHeads) break;
    Head& head = heads.emplace_back();
    head.output = network.nameOf(output);
    takeTarget(head);
  }
  if (heads.empty()) heads.emplace_back();
  if (heads.size() == 1 && network.outputs().size() == 1) heads[0].output.clear();
  return heads;
}

}  // namespace tandem
