// Checks that the network fits the data and the loss. Shown in the Problems list while editing; also the
// compiler's first step.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/machine.h"
#include "core/compile/compile.h"
#include "core/compile/passes.h"
#include "core/network/output_meaning.h"

namespace tandem {
namespace {

Problem problem(LayerId layer, std::string_view where, std::string_view message, std::string_view hint,
                std::optional<Fix> fix = {}) {
  return {layer, invalid(message, where, hint), std::move(fix)};
}

Fix setUnits(const Layer& layer, std::int64_t units) {
  return {"Set units of " + layer.name + " to " + std::to_string(units), {}, "units", AttrValue{units}};
}

// The layer that determines the width of the output: the last one that is not an activation.
const Layer& widthLayer(const Network& network, const Layer& output) {
  const Layer* layer = &output;
  while (layer->type == "activation" && layer->inputs.size() == 1) layer = network.find(layer->inputs[0]);
  return *layer;
}

// How often the machine's memory holds the weights in training: with gradients and the optimizer's state on the CPU. On
// a GPU, only a copy passes through it.
double copiesOfWeights(const TrainingConfig& training) {
  if (training.device.device != DeviceOptions().device) return 1;
  return 2 + static_cast<double>(optimizerStateBytes(training.optimizer, sizeof(float))) / sizeof(float);
}

}  // namespace

std::vector<Problem> checkAgainstData(const Network& network, const TrainingConfig& training,
                                      const DatasetInfo& data) {
  const Analysis analysis = analyze(network);
  if (!analysis.ok()) return analysis.problems;
  std::vector<Problem> problems;
  const Layer& input = *network.find(*network.inputLayer());
  const Shape shape = *analysis.layers.at(input.id).output;
  if (shape != data.sample) {
    const auto dims = data.sample.dims();
    problems.push_back(problem(input.id, input.name,
                               "the network expects samples of " + shape.text() + ", but " + data.name +
                                   " has " + data.sample.text(),
                               "Set the input shape to that of the data",
                               Fix{"Set the shape to " + data.sample.text(),
                                   {},
                                   "shape",
                                   AttrValue{std::vector<std::int64_t>(dims.begin(), dims.end())}}));
  }
  const double copies = copiesOfWeights(training);
  for (const auto& [id, facts] : analysis.layers) {
    const double needed = copies * sizeof(float) * static_cast<double>(facts.parameters);
    if (needed <= memoryOfMachine()) continue;
    const Layer& layer = *network.find(id);
    problems.push_back(problem(
        id, layer.name,
        fmt::format("the weights of this layer need {:.1f} GB{}, but this machine has {:.1f} GB",
                    needed * 1e-9, copies > 1 ? " with their gradients and the optimizer's state" : "",
                    memoryOfMachine() * 1e-9),
        "Reduce its size or that of its input"));
  }
  const Layer& output = *network.find(*network.outputLayer());
  const Layer& wide = widthLayer(network, output);
  const Shape out = *analysis.layers.at(output.id).output;
  const bool dense = wide.type == "dense";
  if (out.rank() != 1) {
    problems.push_back(problem(output.id, output.name,
                               "the output is " + out.text() + ", but a loss needs one vector per sample",
                               "End with flatten or global pooling, then a dense layer"));
    return problems;
  }
  const auto width = [&](std::int64_t expected, const std::string& why) {
    if (out[0] == expected) return;
    problems.push_back(
        problem(wide.id, wide.name, "the output has " + std::to_string(out[0]) + " values, but " + why,
                "Give the last layer " + std::to_string(expected) + (expected == 1 ? " unit" : " units"),
                dense ? std::optional<Fix>(setUnits(wide, expected)) : std::nullopt));
  };
  const std::string classes = data.name + " has " + std::to_string(data.classes) + " classes";
  const std::string loss = fmt::format("the loss \"{}\"", training.loss.def().label);
  const std::string other = data.classes == 0 ? "Choose mean squared error" : "Choose softmax cross-entropy";
  const std::string given = data.classes == 0 ? "the target of " + data.name + " is numeric" : classes;
  const auto unfit = [&](const std::string& needed) {
    problems.push_back(
        problem(0, "training", fmt::format("{} needs {}, but {}", loss, needed, given), other));
  };
  switch (training.loss.def().target) {
    case TargetKind::Classes:
      if (data.classes == 0)
        unfit("classes");
      else
        width(data.classes, classes);
      break;
    case TargetKind::TwoClasses:
      if (data.classes != 2)
        unfit("two classes");
      else if (training.loss.def().activation.empty() && endsIn(network, "sigmoid"))
        problems.push_back(
            problem(output.id, output.name,
                    fmt::format("{} needs outputs of both signs, but sigmoid has only positive ones", loss),
                    "Remove the sigmoid, or choose binary cross-entropy"));
      else
        width(1, loss + " needs one");
      break;
    case TargetKind::Values:
      if (data.classes > 0)
        unfit("a numeric target");
      else
        width(data.targets, data.name + " has " + std::to_string(data.targets) + " target columns");
      break;
  }
  if (!(training.optimizer.number(kLearningRate) > 0))
    problems.push_back(problem(0, "training", "the learning rate is 0, so the network would not learn",
                               "Set a learning rate above 0, such as 0.001"));
  if (const auto status = checkMetrics(training.reportedMetrics(), training.loss, data.classes); !status.ok())
    problems.push_back(problem(0, "training", status.error().message, status.error().hint));
  return problems;
}

}  // namespace tandem
