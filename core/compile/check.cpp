// Checks that the network fits the data and the loss: shown in the Problems list, and the compiler's first step.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/base/machine.h"
#include "core/compile/check_inputs.h"
#include "core/compile/compile.h"
#include "core/compile/passes.h"
#include "core/network/output_meaning.h"
#include "core/objectives/class_weights.h"
#include "core/ops/class_weights.h"
#include "core/ops/row_loss.h"
#include "core/ops/step_block.h"
#include "core/text/enumeration.h"

namespace tandem {
namespace {

Problem problem(LayerId layer, std::string_view where, std::string_view message, std::string_view hint,
                std::optional<Fix> fix = {}) {
  return {layer, invalid(message, where, hint), std::move(fix)};
}

Fix setUnits(const Layer& layer, std::int64_t units) {
  return {.label = "Set units of " + layer.name + " to " + std::to_string(units),
          .action = SetProperty{"units", units}};
}

Fix flattenBefore(const Layer& layer) {
  return {.label = "Insert a Flatten layer before " + layer.name, .action = InsertLayer{"flatten"}};
}

// The layer that determines the width of the output: the last one that may change it.
const Layer& widthLayer(const Network& network, const Layer& output) {
  const Layer* layer = &output;
  while (findLayer(layer->type)->keepsShape && layer->inputs.size() == 1)
    layer = network.find(layer->inputs[0].layer);
  return *layer;
}

// How often the machine's memory holds the weights in training: with gradients and the optimizer's state on the CPU. On
// a GPU, only a copy passes through it.
double copiesOfWeights(const TrainingConfig& training) {
  if (training.device.device != DeviceOptions().device) return 1;
  return 2 + static_cast<double>(OptimizerBlock::of(training, sizeof(float)).bytes) / sizeof(float);
}

std::string named(std::string_view name) {
  return fmt::format("\"{}\"", name);
}

// Checks one head against its output and its targets.
class HeadCheck {
 public:
  HeadCheck(const Network& network, const Analysis& analysis, const Head& head, const DatasetInfo& data,
            std::vector<Problem>& problems)
      : network_(network),
        head_(head),
        data_(data),
        problems_(problems),
        output_(*network.find(outputOf(head, network).value().layer)),
        name_(network.nameOf(outputOf(head, network).value())),
        shape_(*analysis.shapeOf(outputOf(head, network).value())),
        varies_(analysis.varies(outputOf(head, network).value())),
        loss_(fmt::format("the loss {}", named(head.loss.def().label))) {}

  void run() {
    const auto indices = targetsOf(head_, data_);
    if (!indices.ok()) return add({0, indices.error(), {}});
    for (const std::size_t index : *indices) targets_.push_back(&data_.tensor(index));
    const auto inputs =
        std::ranges::count_if(*indices, [&](std::size_t i) { return i < data_.inputs.size(); });
    if (inputs > 0 && std::ranges::any_of(targets_, &DataTensor::varies))
      return unfit("a head cannot be trained for inputs whose samples differ in length: " + names(),
                   "Choose its targets in the training settings");
    const bool ofSteps = varies_ || std::ranges::any_of(targets_, &DataTensor::varies);
    if (ofSteps && !checkSteps()) return;
    const std::set<std::size_t> different(indices->begin(), indices->end());
    if ((inputs > 0 && targets_.size() > 1) || different.size() < indices->size())
      return unfit("a head is trained for one input or for different targets, not for " + names(),
                   "Choose its targets in the training settings");
    const bool classes = std::ranges::all_of(targets_, [](const DataTensor* t) { return t->classes > 0; });
    const bool numbers = std::ranges::all_of(targets_, [](const DataTensor* t) { return t->classes == 0; });
    if (!classes && !numbers)
      return unfit("classes and numbers cannot have one loss: " + names(),
                   "Add a head for each kind of target in the training settings");
    switch (head_.loss.def().target) {
      case TargetKind::Classes:
        return numbers ? needs("classes", "Choose mean squared error") : checkClasses();
      case TargetKind::TwoClasses:
        return numbers ? checkProbabilities() : checkTwoClasses();
      case TargetKind::Values:
        return classes ? needs("a numeric target", "Choose softmax cross-entropy") : checkNumbers();
    }
  }

 private:
  // Sequences that differ in length, with a target for each step. Then a step is to the other checks what a sample is.
  bool checkSteps() {
    const std::size_t before = problems_.size();
    const LossDef& def = head_.loss.def();
    const bool together = def.op == &ops::row_loss && ops::rowsOf(def.fixed, Shape{1, 2, 2}).rows() == 1;
    if (!varies_)
      add(problem(output_.id, name_,
                  fmt::format("the targets belong to the steps of sequences whose length varies, but the "
                              "output is no such sequence: {}",
                              names()),
                  "Use only layers that keep the steps"));
    else if (!std::ranges::all_of(targets_, &DataTensor::varies))
      add(problem(
          output_.id, name_,
          "the output is a sequence whose length varies, but the data has no target for each of its steps: " +
              names(),
          "Reduce it to one vector per sample before, with a Last step or global pooling layer"));
    else if (together)
      unfit(loss_ + " compares whole samples, but those of the data differ in length",
            "Choose a loss of single steps, such as a cross-entropy");
    for (const DataTensor* target : targets_)
      if (problems_.size() == before && target->sample[0] != shape_[0])
        add(problem(output_.id, name_,
                    fmt::format("the output has up to {} steps, but {} has up to {}", shape_[0],
                                named(target->name), target->sample[0]),
                    "Use only layers that keep the steps"));
    if (problems_.size() > before) return false;
    shape_ = shape_.withoutFirst();
    steps_.reserve(targets_.size());
    for (const DataTensor*& target : targets_) {
      DataTensor& step = steps_.emplace_back(*target);
      step.sample = step.sample.withoutFirst();
      target = &step;
    }
    return true;
  }

  void add(Problem problem) { problems_.push_back(std::move(problem)); }
  void unfit(const std::string& message, std::string_view hint) {
    add(problem(0, "training", message, hint));
  }

  std::string names() const {
    std::vector<std::string> list;
    for (const DataTensor* target : targets_)
      list.push_back(
          fmt::format("{} ({})", named(target->name), target->classes > 0 ? "classes" : "numbers"));
    return enumerated(list);
  }

  // What the data has instead of what the loss needs.
  std::string given() const {
    const DataTensor& first = *targets_[0];
    const std::string of = targets_.size() == 1 && data_.targets.size() == 1
                               ? data_.name
                               : fmt::format("{} of {}", named(first.name), data_.name);
    if (first.classes > 0) return fmt::format("{} has {} classes", of, first.classes);
    return data_.targets.size() == 1 ? fmt::format("the target of {} is numeric", data_.name)
                                     : fmt::format("{} is numeric", of);
  }

  void needs(std::string_view what, std::string_view hint) {
    unfit(fmt::format("{} needs {}, but {}", loss_, what, given()), hint);
  }

  void checkClasses() {
    if (targets_.size() > 1)
      return unfit(
          fmt::format("{} predicts one target, but there are {}: {}", loss_, targets_.size(), names()),
          "Add a head for each target in the training settings");
    const DataTensor& target = *targets_[0];
    // Perhaps for classes that are found when all of the data is read; that is checked again then.
    if (const int rank = shape_.rank(); target.moreClasses && rank > 0 && shape_[rank - 1] > target.classes &&
                                        shape_ == appended(target.sample, shape_[rank - 1]))
      return;
    if (target.sample.rank() == 0) return checkWidth(target.classes, given());
    checkShape(appended(target.sample, target.classes), "the scores of each class at each " + place(target));
  }

  void checkTwoClasses() {
    for (const DataTensor* target : targets_)
      if (target->classes != 2) {
        targets_ = {target};
        return needs("two classes", "Choose softmax cross-entropy");
      }
    if (head_.loss.def().activation.empty() && endsIn(output_, "sigmoid"))
      return add(
          problem(output_.id, output_.name,
                  fmt::format("{} needs outputs of both signs, but sigmoid has only positive ones", loss_),
                  "Remove the sigmoid, or choose binary cross-entropy"));
    if (targets_.size() == 1 && targets_[0]->sample.rank() > 0)
      return checkShape(appended(targets_[0]->sample, 1), "one score at each " + place(*targets_[0]));
    const auto count = static_cast<std::int64_t>(targets_.size());
    checkWidth(count,
               count == 1 ? loss_ + " needs one" : fmt::format("there are {} targets: {}", count, names()));
  }

  // Numbers as targets of a cross-entropy: an image with levels from 0 to 1.
  void checkProbabilities() {
    const bool inputs = std::ranges::all_of(targets_, [&](const DataTensor* target) {
      return std::ranges::any_of(data_.inputs, [&](const DataTensor& each) { return &each == target; });
    });
    if (!inputs || head_.loss.def().activation.empty())
      return needs("two classes", "Choose mean squared error");
    checkValues();
  }

  void checkNumbers() {
    const std::size_t before = problems_.size();
    const LossDef& def = head_.loss.def();
    const std::string_view activation = def.activation;
    if (!activation.empty() && !endsIn(output_, activation))  // the network would answer with logits
      add(problem(output_.id, output_.name,
                  fmt::format("{} needs shares that sum to 1, but the output is not a {}", loss_, activation),
                  fmt::format("Add an activation layer with {} after it", activation)));
    checkValues();
    if (problems_.size() > before) return;
    const TensorType output{DType::F32, shape_.withFirst(1)}, step{DType::F32, Shape{kStepSlots}};
    const auto accepted = def.op->infer(lossAttributes(head_.loss), std::array{output, output, step});
    if (!accepted.ok())
      add(problem(output_.id, output_.name, accepted.error().message, accepted.error().hint));
  }

  void checkValues() {
    if (targets_.size() == 1 && targets_[0]->sample.rank() != 1)
      return checkShape(targets_[0]->sample, "the shape of " + named(targets_[0]->name), true);
    std::int64_t width = 0;
    for (const DataTensor* target : targets_) width += target->sample.elements();
    if (!std::ranges::all_of(targets_, [](const DataTensor* t) { return t->sample.rank() == 1; }))
      return unfit("these targets cannot be joined: " + names(),
                   "Add a head for each in the training settings");
    const bool input =
        std::ranges::any_of(data_.inputs, [&](const DataTensor& each) { return &each == targets_[0]; });
    checkWidth(width,
               input ? fmt::format("{} has {}", named(targets_[0]->name), width)
                     : fmt::format("{} has {} target column{}", data_.name, width, width == 1 ? "" : "s"));
  }

  // What has a class, if not the sample: (height, width) or (steps).
  static std::string place(const DataTensor& target) { return target.sample.rank() == 1 ? "step" : "pixel"; }

  static Shape appended(const Shape& shape, std::int64_t extent) {
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    dims.push_back(extent);
    return Shape(dims);
  }

  // One vector of `expected` values.
  void checkWidth(std::int64_t expected, const std::string& why) {
    if (shape_.rank() != 1)
      return add(
          problem(output_.id, output_.name,
                  "the output is " + shape_.text() + ", but a loss needs one vector per sample",
                  "End with flatten or global pooling, then a dense layer",
                  output_.type == "dense" ? std::optional<Fix>(flattenBefore(output_)) : std::nullopt));
    if (shape_[0] == expected) return;
    const Layer& wide = widthLayer(network_, output_);
    const bool units = findProperty(findLayer(wide.type)->properties, "units") != nullptr;
    const std::string_view plural = expected == 1 ? "" : "s";
    add(problem(wide.id, wide.id == output_.id ? name_ : wide.name,
                fmt::format("the output has {} value{}, but {}", shape_[0], shape_[0] == 1 ? "" : "s", why),
                units ? fmt::format("Give the last layer {} unit{}", expected, plural)
                      : fmt::format("Give the output {} value{}", expected, plural),
                wide.type == "dense" ? std::optional<Fix>(setUnits(wide, expected)) : std::nullopt));
  }

  // Numbers of an image may also be one vector.
  void checkShape(const Shape& expected, std::string_view what, bool orVector = false) {
    if (shape_ == expected || (orVector && shape_ == Shape{expected.elements()})) return;
    add(problem(
        output_.id, output_.name,
        fmt::format("the output is {}, but {} needs {}, {}", shape_.text(), loss_, what, expected.text()),
        "Change the last layers so that their result has this shape"));
  }

  const Network& network_;
  const Head& head_;
  const DatasetInfo& data_;
  std::vector<Problem>& problems_;
  const Layer& output_;
  const std::string name_;
  Shape shape_;
  const bool varies_;
  const std::string loss_;
  std::vector<const DataTensor*> targets_;
  std::vector<DataTensor> steps_;  // of sequences that differ in length: the targets of one step
};

std::optional<Fix> addHeads() {
  return Fix{.label = "Give each output a head", .action = AddHeads{}};
}

// Whether each output has a head and each head a different output.
bool checkOutputs(const Network& network, const TrainingConfig& training, std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  std::set<Source> trained;
  std::set<LayerId> used;
  for (const Head& head : training.heads) {
    const auto output = outputOf(head, network);
    if (!output.ok())
      problems.push_back({0, output.error(), network.outputs().empty() ? std::nullopt : addHeads()});
    else if (!trained.insert(*output).second)
      problems.push_back(problem(output->layer, network.nameOf(*output),
                                 "two heads are trained on this output",
                                 "Choose another output for one of them, or remove it"));
    else if (network.find(output->layer)->type == "input")
      problems.push_back(problem(output->layer, network.nameOf(*output), "a head is trained on an input",
                                 "Choose another output for the head"));
    if (output.ok()) used.insert(output->layer);
  }
  if (std::ranges::all_of(training.heads, [](const Head& head) { return head.weight == 0; }))
    problems.push_back(problem(0, "training", "all heads have the weight 0, so nothing would be trained",
                               "Give at least one head a weight above 0"));
  if (problems.size() > before) return false;
  // Of a layer with several outputs, some may remain unused.
  for (const Source& output : network.outputs())
    if (!used.contains(output.layer))
      problems.push_back(problem(output.layer, network.nameOf(output), "no head is trained on this output",
                                 "Add a head for it in the training settings, or remove the layer",
                                 addHeads()));
  return problems.size() == before;
}

Status checkOwnWeights(const TrainingConfig& training, const Head& head, const DatasetInfo& data) {
  const std::vector<double> weights = classWeightsOf(head.loss, {});
  const std::vector<std::string> classes = weightedClasses(head, data);
  const std::string where = training.heads.size() == 1
                                ? fmt::format("training.loss.{}", kOwnWeights)
                                : fmt::format("training.heads.{}.loss.{}", head.output, kOwnWeights);
  if (weights.size() != classes.size())
    return invalid(
        fmt::format("custom class weights need a number for each of the {} classes, but {} {} given",
                    classes.size(), weights.empty() ? "none" : fmt::format("{}", weights.size()),
                    weights.size() == 1 ? "was" : "were"),
        where, "Give them in this order: " + enumerated(classes, kListedClasses));
  if (std::ranges::any_of(weights, [](double weight) { return weight > 0; })) return success();
  return invalid("all class weights are 0", where, "Give at least one class a weight above 0");
}

Status checkClassWeights(const TrainingConfig& training, const Head& head,
                         const Result<std::vector<std::size_t>>& targets, const DatasetInfo& data) {
  if (!weightsClasses(head.loss) || !targets.ok()) return success();
  std::int64_t weights = 0;
  for (const std::size_t index : *targets) {
    const DataTensor& target = data.tensor(index);
    if (target.classes == 0)
      return invalid(fmt::format("class weights need classes, but \"{}\" has numbers", target.name), {},
                     "Use equal class weights");
    weights += target.classes;
  }
  if (weights <= ops::kMaxClassWeights)
    return hasOwnWeights(head.loss) ? checkOwnWeights(training, head, data) : success();
  return invalid(fmt::format("class weights are possible for up to {} classes, but the data has {}",
                             ops::kMaxClassWeights, weights),
                 {}, "Use equal class weights");
}

}  // namespace

std::vector<Problem> checkAgainstData(const Network& network, const TrainingConfig& training,
                                      const DatasetInfo& data) {
  const Analysis analysis = analyze(network);
  if (!analysis.ok()) return analysis.problems;
  std::vector<Problem> problems;
  checkInputs(network, analysis, data, problems);
  checkVocabularies(network, data, problems);
  const double copies = copiesOfWeights(training);
  for (const auto& [id, facts] : analysis.layers) {
    const double needed = sizeof(float) * (copies * static_cast<double>(facts.parameters) +
                                           static_cast<double>(facts.untrained));
    if (needed <= memoryOfMachine()) continue;
    const Layer& layer = *network.find(id);
    problems.push_back(problem(
        id, layer.name,
        fmt::format("the weights of this layer need {:.1f} GB{}, but this machine has {:.1f} GB",
                    needed * 1e-9, copies > 1 ? " with their gradients and the optimizer's state" : "",
                    memoryOfMachine() * 1e-9),
        "Reduce its size or that of its input"));
  }
  if (!checkOutputs(network, training, problems)) return problems;
  std::size_t metrics = 0;
  for (const Head& head : training.heads) {
    HeadCheck(network, analysis, head, data, problems).run();
    const auto targets = targetsOf(head, data);
    std::optional<std::int64_t> classes;
    if (targets.ok()) classes = classesOf(head, *targets, data);
    if (const auto status = checkMetrics(head.reportedMetrics(classes), head.loss, classes); !status.ok())
      problems.push_back(problem(0, "training", status.error().message, status.error().hint));
    if (const auto status = checkClassWeights(training, head, targets, data); !status.ok())
      problems.push_back(problem(0, status.error().where.empty() ? "training" : status.error().where,
                                 status.error().message, status.error().hint));
    metrics += static_cast<std::size_t>(std::ranges::count_if(
        head.reportedMetrics(classes),
        [](const MetricConfig& metric) { return metric.def().view == MetricView::Number; }));
  }
  if (training.heads.size() > 1 && metrics > kMaxMetricsOfAll)
    problems.push_back(
        problem(0, "training",
                fmt::format("the heads have {} metrics; at most {} are possible", metrics, kMaxMetricsOfAll),
                "Remove some of them"));
  const bool frozen =
      std::ranges::any_of(network.layers(), [](const Layer& layer) { return !layer.trainable; });
  if (frozen && analysis.parameters == 0 && analysis.untrained > 0)
    problems.push_back(problem(0, "training",
                               "all layers with weights are frozen, so nothing would be trained",
                               "Make at least one of them trainable"));
  if (const auto status = checkAugmentations(training.augment, data); !status.ok())
    problems.push_back(problem(0, status.error().where, status.error().message, status.error().hint));
  if (!(training.optimizer.number(kLearningRate) > 0))
    problems.push_back(problem(0, "training", "the learning rate is 0, so the network would not learn",
                               "Set a learning rate above 0, such as 0.001"));
  return problems;
}

}  // namespace tandem
