#include "core/train/plan_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "core/layers/layer.h"
#include "core/objectives/class_weights.h"
#include "core/ops/batch_norm.h"
#include "core/text/enumeration.h"

namespace tandem {
namespace {

Status checkSettings(const Project& project, const Dataset& data) {
  const TrainingConfig& training = project.training;
  if (training.epochs < 1) return invalid("the number of epochs must be at least 1", "training.epochs");
  if (training.batch < 1) return invalid("the batch size must be at least 1", "training.batch");
  if (!(training.optimizer.number(kLearningRate) > 0))
    return invalid("the learning rate must be a positive number", "training.optimizer.learning_rate");
  // Checkpoints contain the project; if it cannot be read back, they are useless.
  TANDEM_TRY(projectFromJson(toJson(project), "settings"));
  if (data.part(SplitPart::Train).empty())
    return invalid("no samples are left for training", data.info.name,
                   "Reduce the validation and test fractions");
  return success();
}

// Of the targets of a regression as the network sees them, in all parts.
struct TargetMoments {
  double mean = 0, variance = 0, least = INFINITY, greatest = -INFINITY;
};

// Of numbers, not of images.
TargetMoments momentsOf(const Dataset& data, const std::vector<std::size_t>& tensors) {
  TargetMoments m;
  double n = 0;
  for (const std::size_t index : tensors) {
    const TensorValues& values = data.values(index);
    const DataTensor& tensor = data.info.tensor(index);
    // Rows that samples share have no padding.
    const bool padded = tensor.varies && values.starts.empty();
    const auto size = static_cast<std::size_t>(tensor.sample.elements());
    const std::size_t width = padded ? size / static_cast<std::size_t>(tensor.sample[0]) : size;
    const auto isPadding = [&](std::size_t i) {
      return std::cmp_greater_equal(i % size / width,
                                    data.values(data.info.lengthsOfTargets()).classOf[i / size]);
    };
    for (std::size_t i = 0; i < values.floats.size(); ++i) {
      if (padded && isPadding(i)) continue;
      const std::size_t k = i % values.mean.size();
      const double target = static_cast<double>((values.floats[i] - values.mean[k]) * values.scale[k]);
      const double delta = target - m.mean;
      m.mean += delta / ++n;
      m.variance += delta * (target - m.mean);
      m.least = std::min(m.least, target);
      m.greatest = std::max(m.greatest, target);
    }
  }
  if (n > 0) m.variance /= n;
  return m;
}

// Levels of images are in [0, 1] without normalization.
bool areProbabilities(const Dataset& data, std::size_t index) {
  const TensorValues& values = data.values(index);
  if (values.bytes.empty()) {
    const TargetMoments m = momentsOf(data, {index});
    return m.least >= 0 && m.greatest <= 1;
  }
  return std::ranges::count(values.mean, 0.0f) == std::ssize(values.mean) &&
         std::ranges::count(values.scale, 1.0f) == std::ssize(values.scale);
}

Status checkTargets(const TrainingConfig& training, const Dataset& data) {
  for (const Head& head : training.heads) {
    TANDEM_ASSIGN(const std::vector<std::size_t> targets, targetsOf(head, data.info));
    const DataTensor& first = data.info.tensor(targets[0]);
    if (first.classes > 0) continue;
    if (!head.loss.def().activation.empty())
      for (const std::size_t index : targets)
        if (!areProbabilities(data, index))
          return invalid(fmt::format("the loss \"{}\" needs targets from 0 to 1, but \"{}\" has others",
                                     head.loss.def().label, data.info.tensor(index).name),
                         "training",
                         index < data.info.inputs.size()
                             ? "Switch the normalization of the data off, or choose mean squared error"
                             : "Provide shares of the whole, or choose mean squared error");
    std::optional<TargetMoments> moments;
    for (const MetricConfig& metric : head.reportedMetrics()) {
      if (!metric.def().checkTargets || !data.values(targets[0]).bytes.empty()) continue;
      if (!moments) moments = momentsOf(data, targets);
      TANDEM_TRY(metric.def().checkTargets(moments->mean, moments->variance));
    }
  }
  return success();
}

std::int64_t samplesOf(const Dataset& data) {
  return static_cast<std::int64_t>(data.part(SplitPart::Train).size());
}

// The mean of a single value is the value itself, so each output would be 0 whatever the input.
Status checkBatchNorm(const Plan& plan, std::int64_t wantedBatch) {
  const Program& program = plan.train.program;
  for (const Node& node : program.nodes) {
    if (node.op != &ops::batch_norm) continue;
    const Shape& input = program.type(node.inputs[0]).shape;
    if (input.elements() > input[-1]) continue;
    return invalid(
        "batch normalization needs more than one value per channel, but each batch has one sample with one "
        "value per channel",
        node.layer < 0 ? "" : program.layers[static_cast<std::size_t>(node.layer)],
        wantedBatch == 1 ? "Use a batch size of at least 2, or remove the layer"
                         : "Use more training samples, or remove the layer");
  }
  return success();
}

// "Class weights of species: cat 0.5, dog 2.5", for each of these targets. ofHead: " in the head x", if there are
// several.
void noteClassWeights(const Head& head, const std::string& ofHead, std::span<const std::size_t> targets,
                      const DatasetInfo& data, std::vector<std::string>& notes) {
  std::vector<std::vector<std::int64_t>> counts;
  for (const std::size_t index : targets) counts.push_back(data.tensor(index).classCounts);
  const std::vector<double> weights = classWeightsOf(head.loss, counts);
  if (weights.empty() || weights.size() != weightedClasses(head, data).size()) return;
  std::size_t next = 0;
  for (const std::size_t index : targets) {
    const DataTensor& target = data.tensor(index);
    std::vector<std::string> list;
    for (const std::string& name : target.classNames)
      list.push_back(fmt::format("{} {:.3g}", name, weights[next++]));
    notes.push_back(
        fmt::format("Class weights of {}{}: {}", target.name, ofHead, enumerated(list, kListedClasses)));
  }
}

// The unit of the errors where it is not that of a number.
void noteUnitOfErrors(const Head& head, std::span<const std::size_t> targets, const Dataset& data,
                      std::vector<std::string>& notes) {
  if (head.loss.def().target != TargetKind::Values) return;
  // An error over several targets has no unit if theirs differ.
  std::vector<std::string> names;
  bool differ = false;
  for (const std::size_t index : targets) {
    const DataTensor& target = data.info.tensor(index);
    names.push_back(target.name);
    differ = differ || target.unit != data.info.tensor(targets.front()).unit;
  }
  if (differ)
    notes.push_back(fmt::format(
        "Errors of {}, such as MAE and RMSE, are in standard deviations of these targets, whose units differ",
        enumerated(names, kListedClasses)));
  for (const std::size_t index : targets) {
    const DataTensor& target = data.info.tensor(index);
    if (target.classes > 0 || data.values(index).bytes.empty()) continue;
    notes.push_back(fmt::format(
        "Errors of {}, such as MAE and RMSE, are in {}", target.name,
        target.unit == 1 ? "standard deviations of its channels, which differ" : "levels from 0 to 255"));
  }
}

// Masks move with their images; a number such as a position does not.
void noteUnmovedTargets(const TrainingConfig& training, std::span<const std::size_t> targets,
                        const DatasetInfo& data, std::vector<std::string>& notes) {
  const auto moves = [](const AugmentConfig& each) { return each.def().kind == AugmentKind::Geometry; };
  if (std::ranges::none_of(training.augment, moves)) return;
  for (const std::size_t index : targets)
    if (index >= data.inputs.size() && data.tensor(index).classes == 0)
      notes.push_back(
          fmt::format("The target {} does not change when images are moved", data.tensor(index).name));
}

// The weights have the mean 1 in the training set.
std::string sampleWeightsNote(const Dataset& data) {
  float least = INFINITY, greatest = 0;
  for (const std::int64_t i : data.part(SplitPart::Train)) {
    const float weight = data.weights.floats[static_cast<std::size_t>(i)];
    least = std::min(least, weight);
    greatest = std::max(greatest, weight);
  }
  return fmt::format(
      "The training loss weights the samples by \"{}\", divided by its mean: from {:.3g} to {:.3g}. The losses of "
      "the validation and test sets are not weighted",
      data.info.weights->name, least, greatest);
}

}  // namespace

const ReportSlot* monitoredSlot(const Plan& plan, const TrainingConfig& training) {
  const ReportSlot* slot = findSlot(plan.report, training.monitor);
  return slot && !slot->trainingOnly ? slot : nullptr;
}

Result<std::shared_ptr<const Plan>> planTraining(const Project& project, const Dataset& data,
                                                 Backend& backend, const Cancelled& cancelled) {
  TANDEM_TRY(checkSettings(project, data));
  TrainingConfig training = project.training;
  training.batch = std::min(training.batch, samplesOf(data));
  TANDEM_ASSIGN(std::shared_ptr<const Plan> plan,
                compile(project.network, training, data.info, backend, {.cancelled = cancelled}));
  if (!monitoredSlot(*plan, training)) {
    std::string reported;
    for (const ReportSlot& slot : plan->report)
      if (!slot.trainingOnly) reported += (reported.empty() ? "" : ", ") + slot.name;
    return invalid(fmt::format("this training does not report '{}'", training.monitor), "training.monitor",
                   "Choose one of: " + reported);
  }
  if (monitoredSlot(*plan, training)->evaluationOnly && data.part(SplitPart::Validation).empty())
    return invalid(
        fmt::format("'{}' cannot choose the best epoch, because it is computed on validation data only, "
                    "of which there is none",
                    training.monitor),
        "training.monitor", "Set a share of the data aside for validation, or choose another value");
  TANDEM_TRY(checkBatchNorm(*plan, project.training.batch));
  TANDEM_TRY(checkTargets(training, data));
  return plan;
}

RunLength lengthOf(const TrainingConfig& training, std::int64_t samples) {
  const std::int64_t batches = samples / std::max<std::int64_t>(1, training.batch);
  return {training.batch, std::max<std::int64_t>(1, batches), std::max(1, training.epochs)};
}

std::vector<std::string> dataNotes(const TrainingConfig& training, const Dataset& data) {
  const std::int64_t samples = samplesOf(data), rest = samples % training.batch;
  std::vector<std::string> notes;
  if (samples < training.batch)
    notes.push_back(
        fmt::format("The batch size of {} is more than the {} training samples: each step uses all of them",
                    training.batch, samples));
  else if (rest > 0)
    notes.push_back(fmt::format(
        "Each epoch omits {} of {} training samples, different ones each time, because they do not fill a batch of {}",
        rest, samples, training.batch));
  const std::int64_t batches = lengthOf(training, samples).batchesPerEpoch;
  if (training.accumulate > batches)
    notes.push_back(fmt::format(
        "Gradients are accumulated over {} batches, but an epoch has {}: each epoch is one update of the weights",
        training.accumulate, batches));
  if (!training.augment.empty())
    notes.push_back(fmt::format("The training samples are augmented: {}", augmentText(training.augment)));
  for (const Head& head : training.heads) {
    const auto targets = targetsOf(head, data.info);
    if (!targets.ok()) continue;
    const std::string ofHead =
        training.heads.size() > 1 ? fmt::format(" in the head \"{}\"", head.output) : "";
    noteUnitOfErrors(head, *targets, data, notes);
    noteUnmovedTargets(training, *targets, data.info, notes);
    if (weightsClasses(head.loss)) noteClassWeights(head, ofHead, *targets, data.info, notes);
    if (!hasOwnWeights(head.loss) && head.loss.properties().has(kOwnWeights))
      notes.push_back(fmt::format("The custom class weights{} are ignored, because \"{}\" is \"{}\"", ofHead,
                                  kClassWeights, head.loss.text(kClassWeights)));
  }
  if (data.info.weights) notes.push_back(sampleWeightsNote(data));
  return notes;
}

std::vector<std::string> foresightNotes(const Project& project) {
  if (project.data.kind != DataKind::TextFile) return {};
  std::vector<std::string> notes;
  for (const Layer& layer : project.network.layers()) {
    const LayerDef* const def = findLayer(layer.type);
    if (!def) continue;
    const auto text = [&](std::string_view key) { return textOf(def->properties, layer.properties, key); };
    const auto number = [&](std::string_view key) {
      return integerOf(def->properties, layer.properties, key);
    };
    std::string change;
    if (layer.type == "lstm" || layer.type == "gru" || layer.type == "simple_rnn") {
      if (text("direction") != "forward") change = "Set its direction to forward";
    } else if (layer.type == "attention") {
      if (number("causal") == 0) change = "Set it to causal";
    } else if (layer.type == "conv1d") {
      if (text("padding") == "same" && number("kernel") > 1) change = "Set its padding to causal";
    }
    if (!change.empty())
      notes.push_back(fmt::format(
          "{} also reads the tokens after each step, so that the network can see the next one instead of predicting it. {}",
          layer.name, change));
  }
  return notes;
}

}  // namespace tandem
