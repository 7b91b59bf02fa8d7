#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/compile/passes.h"
#include "core/objectives/class_weights.h"
#include "core/ops/activation.h"
#include "core/ops/cast.h"
#include "core/ops/class_weights.h"
#include "core/ops/concat.h"
#include "core/ops/copy.h"
#include "core/ops/head_step.h"
#include "core/ops/loss_scale.h"
#include "core/ops/normalize.h"
#include "core/ops/reshape.h"
#include "core/ops/row_loss.h"
#include "core/ops/sample_weights.h"
#include "core/ops/softmax.h"

namespace tandem {
namespace {

// 64 bytes, a cache line: no two parameters share one, and vector kernels start aligned.
constexpr std::size_t kParameterAlignment = 64;

std::size_t alignUp(std::size_t bytes, std::size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

ValueId addBlock(Program& program, Role role, std::string name, std::size_t bytes) {
  Value block;
  block.type = {DType::F32, Shape{static_cast<std::int64_t>(bytes / sizeof(float))}};
  block.role = role;
  block.name = std::move(name);
  return program.addValue(std::move(block));
}

// Assigns every parameter (or state) an offset in one block and turns its value into a view of the block.
ValueId gather(Program& program, std::vector<ParameterInfo>& infos, Role role, std::string name) {
  std::size_t bytes = 0;
  for (ParameterInfo& info : infos) {
    info.offsetBytes = bytes;
    bytes += alignUp(static_cast<std::size_t>(info.shape.elements()) * sizeof(float), kParameterAlignment);
  }
  const ValueId block = addBlock(program, role, std::move(name), bytes);
  for (const ParameterInfo& info : infos) {
    Value& value = program.value(info.value);
    value.role = role;
    value.base = block;
    value.offsetBytes = info.offsetBytes;
  }
  return block;
}

// Appends a value to the end of a block.
void append(Program& program, ValueId block, ValueId value) {
  Value& owner = program.value(block);
  Value& part = program.value(value);
  part.base = block;
  part.offsetBytes = owner.type.bytes();
  owner.type.shape = {owner.type.shape[0] + part.type.shape[0]};
}

const Node* producerOf(const Program& program, ValueId id) {
  for (const Node& node : program.nodes)
    if (std::ranges::find(node.outputs, id) != node.outputs.end()) return &node;
  return nullptr;
}

using Dims = std::vector<std::int64_t>;

Dims dimsOf(const Shape& shape) {
  return {shape.dims().begin(), shape.dims().end()};
}

Result<ValueId> reshaped(Program& p, ValueId x, const Shape& to) {
  if (p.type(x).shape == to) return x;
  Attrs attrs{{"shape", dimsOf(to.withoutFirst())}};
  if (to[0] != p.type(x).shape[0]) attrs.set("rows", to[0]);
  return p.append1(ops::reshape, std::move(attrs), {x});
}

// The input of a final activation that the loss computes itself. Its layer may return a view of it, as dense layers do of
// sequences.
Result<ValueId> logitsOf(Program& p, ValueId output, const LossDef& loss) {
  const Shape shape = p.type(output).shape;
  const Node* last = producerOf(p, output);
  while (last && last->op == &ops::reshape) {
    const Node* before = producerOf(p, last->inputs[0]);
    if (!before || before->layer != last->layer) break;
    last = before;
  }
  if (!last || loss.activation.empty()) return output;
  const std::string activation = last->op == &ops::softmax      ? "softmax"
                                 : last->op == &ops::activation ? last->attrs.text("kind", "")
                                                                : "";
  if (activation != loss.activation) return output;
  return reshaped(p, last->inputs[0], shape);
}

Result<ValueId> converted(Program& p, ValueId x, DType dtype) {
  if (p.type(x).dtype == dtype) return x;
  return p.append1(ops::cast, {{"dtype", std::string(nameOf(dtype))}}, {x});
}

// What the loss and the metrics of a head read.
struct HeadOperands {
  ValueId logits = kNoValue;
  ValueId answers = kNoValue;  // what metrics compare with the targets: numbers after the activation, if any
  ValueId targets = kNoValue;
  ValueId classes = kNoValue;      // the targets as i32, for metrics with MetricForm::classIndices
  ValueId classLogits = kNoValue;  // logits, one row for each of `classes`
  ValueId step = kNoValue, classStep = kNoValue;
  double unit = 1;
  std::vector<std::string> classNames;  // empty: the targets are numbers, or there is nothing to choose from
  std::int64_t rowsPerSample = 1;       // of `classes`
  ValueId weights = kNoValue;           // of the rows or elements in the loss
};

Result<ValueId> stepFor(Draft& draft, std::int64_t rowsPerSample, double weight) {
  if (rowsPerSample == 1 && weight == 1) return draft.step;
  return draft.program.append1(ops::head_step, {{"rows", rowsPerSample}, {"weight", weight}}, {draft.step});
}

// One class per row: each sample has as many rows as its output has vectors of logits.
Status bringClasses(Draft& draft, const Head& head, ValueId target, HeadOperands& o) {
  Program& p = draft.program;
  const Shape shape = p.type(o.logits).shape;
  const std::int64_t rows = shape.elements() / shape[-1];
  TANDEM_ASSIGN(o.logits, reshaped(p, o.logits, Shape{rows, shape[-1]}));
  TANDEM_ASSIGN(o.targets, reshaped(p, target, Shape{rows}));
  TANDEM_ASSIGN(o.step, stepFor(draft, rows / shape[0], head.weight));
  o.classes = o.targets;
  o.classLogits = o.logits;
  o.classStep = o.step;
  return success();
}

// Numbers in the shape of the output: classes 0 and 1 as floats, and several targets side by side.
Status bringNumbers(Draft& draft, const Head& head, std::span<const ValueId> targets, HeadOperands& o) {
  Program& p = draft.program;
  const Shape shape = p.type(o.logits).shape;
  std::vector<ValueId> columns;
  for (const ValueId target : targets) {
    TANDEM_ASSIGN(ValueId column, converted(p, target, DType::F32));
    if (p.type(column).shape.rank() == 1) {
      TANDEM_ASSIGN(column, reshaped(p, column, Shape{shape[0], 1}));
    }
    columns.push_back(column);
  }
  if (columns.size() > 1) {
    TANDEM_ASSIGN(o.targets, p.append1(ops::concat, {{"axis", std::int64_t{-1}}}, columns));
  } else {
    TANDEM_ASSIGN(o.targets, reshaped(p, columns[0], shape));  // an image whose output is one vector
  }
  TANDEM_ASSIGN(o.step, stepFor(draft, 1, head.weight));
  if (head.loss.def().target != TargetKind::TwoClasses) return success();
  // For metrics of classes, each answer is a row.
  const std::int64_t rows = shape.elements();
  TANDEM_ASSIGN(o.classLogits, reshaped(p, o.logits, Shape{rows, 1}));
  o.classes = targets[0];
  if (targets.size() > 1 || p.type(targets[0]).dtype != DType::I32) {
    TANDEM_ASSIGN(o.classes, converted(p, o.targets, DType::I32));
  }
  TANDEM_ASSIGN(o.classes, reshaped(p, o.classes, Shape{rows}));
  TANDEM_ASSIGN(o.classStep, stepFor(draft, rows / shape[0], 1));
  return success();
}

// Where a value of the report is stored: the report block.
void place(Draft& draft, ValueId value, const std::string& name) {
  Value& v = draft.program.value(value);
  if (v.role == Role::Report) return;
  v.role = Role::Report;
  v.base = draft.reportBlock;
  v.offsetBytes = static_cast<std::size_t>(draft.reportUsed) * sizeof(float);
  v.name = name;
  draft.reportUsed += static_cast<int>(v.type.shape.elements());
  draft.program.value(draft.reportBlock).type.shape = {draft.reportUsed};
}

void describe(Draft& draft, ReportSlot slot) {
  slot.slot = static_cast<int>(draft.report.size());
  TANDEM_CHECK(slot.slot < kReportSlots && (slot.evaluationOnly || slot.first + slot.width <= kReportBlock),
               "report block is full");
  draft.report.push_back(std::move(slot));
}

// The sum of single values, which are placed one after the other.
void reportTotal(Draft& draft, const std::vector<ValueId>& values, std::vector<double> weights,
                 std::string name) {
  ReportSlot slot{
      .name = std::move(name), .first = draft.reportUsed, .width = static_cast<int>(values.size())};
  for (const ValueId value : values) place(draft, value, slot.name);
  if (values.size() > 1 || weights[0] != 1) slot.weights = std::move(weights);
  describe(draft, std::move(slot));
}

// The metrics that both phases compute, or those that only evaluation does.
Status addMetrics(Draft& draft, const TrainingConfig& training, const Head& head, const HeadOperands& o,
                  bool evaluationOnly) {
  // Precision and recall of one class come from the same counts.
  struct Source {
    const OpDef* op;
    Attrs attrs;
    ValueId value;
  };
  std::vector<Source> sources;
  for (const MetricConfig& metric : head.reportedMetrics(std::ssize(o.classNames))) {
    const MetricDef& def = metric.def();
    const MetricForm& form = *def.formFor(head.loss.def().target);
    if (def.evaluationOnly != evaluationOnly) continue;
    const Attrs attrs = metric.attributes(form.fixed);
    auto source = std::ranges::find_if(
        sources, [&](const Source& each) { return each.op == form.op && each.attrs == attrs; });
    if (source == sources.end()) {
      std::vector<ValueId> operands{o.answers, o.targets, o.step};
      if (form.classIndices) operands = {o.classLogits, o.classes, o.classStep};
      TANDEM_ASSIGN(const ValueId value, draft.program.append1(*form.op, attrs, operands));
      source = sources.insert(sources.end(), {form.op, attrs, value});
    }
    const std::string name = reportName(training, head, nameOf(metric));
    if (def.view == MetricView::Matrix) {
      place(draft, source->value, name);
      const std::size_t offset = draft.program.value(source->value).offsetBytes;
      draft.matrices.push_back({.name = name,
                                .classes = o.classNames,
                                .first = static_cast<int>(offset / sizeof(float)),
                                .rowsPerSample = o.rowsPerSample});
      continue;
    }
    report(draft, source->value,
           {.name = name,
            .higherIsBetter = def.higherIsBetter,
            .evaluationOnly = evaluationOnly,
            .unit = def.inTargetUnit ? o.unit : 1,
            .value = def.value});
  }
  return success();
}

// The names of the classes, or their numbers if the data does not name them or has several targets.
std::vector<std::string> namesOfClasses(std::span<const std::size_t> targets, const DatasetInfo& data,
                                        std::int64_t count) {
  const DataTensor& first = data.tensor(targets[0]);
  if (targets.size() == 1 && std::ssize(first.classNames) == count) return first.classNames;
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back(fmt::format("{}", i));
  return names;
}

// The weight of each class that `classes` holds, by target if there are several, which are then its columns. kNoValue if
// it depends on data that is only known in part.
Result<ValueId> weightsOf(Program& p, ValueId classes, const LossConfig& loss,
                          std::span<const std::size_t> targets, const DatasetInfo& data) {
  std::vector<std::vector<std::int64_t>> counts;
  for (const std::size_t index : targets) counts.push_back(data.tensor(index).classCounts);
  std::vector<double> weights = classWeightsOf(loss, counts);
  if (weights.empty()) return kNoValue;
  return p.append1(ops::class_weights,
                   {{"weights", std::move(weights)}, {"columns", static_cast<std::int64_t>(targets.size())}},
                   {classes});
}

// What a loss averages over: elements or rows.
Shape termsOf(const HeadOperands& o, const Head& head, const Program& p) {
  const Shape shape = p.type(o.logits).shape;
  const LossDef& loss = head.loss.def();
  if (loss.target == TargetKind::Classes) return Shape{shape[0]};
  if (loss.op != &ops::row_loss) return shape;
  return Shape{ops::rowsOf(loss.fixed, shape).rows()};
}

// The weight of each term of a loss in training: that of its sample, that of its class, or both multiplied.
Status addSampleWeights(Program& p, ValueId samples, const Head& head, HeadOperands& o) {
  const Shape terms = termsOf(o, head, p);
  if (o.weights == kNoValue && terms.elements() == p.type(samples).shape[0]) {
    TANDEM_ASSIGN(o.weights, reshaped(p, samples, terms));
    return success();
  }
  std::vector<ValueId> operands{samples};
  if (o.weights != kNoValue) operands.push_back(o.weights);
  TANDEM_ASSIGN(o.weights, p.append1(ops::sample_weights, {{"shape", dimsOf(terms)}}, operands));
  return success();
}

// The operands of a head's loss, which reads `output`.
Result<HeadOperands> bringOperands(Draft& draft, const Head& head, ValueId output,
                                   const std::map<std::size_t, ValueId>& tensors, const DatasetInfo& data) {
  TANDEM_ASSIGN(const std::vector<std::size_t> indices, targetsOf(head, data));
  std::vector<ValueId> targets;
  HeadOperands o;
  for (const std::size_t index : indices) {
    targets.push_back(tensors.at(index));
    const double unit = data.tensor(index).unit;
    o.unit = targets.size() == 1 || o.unit == unit ? unit : 1;
  }
  TANDEM_ASSIGN(o.logits, logitsOf(draft.program, output, head.loss.def()));
  TANDEM_TRY(head.loss.def().target == TargetKind::Classes ? bringClasses(draft, head, targets[0], o)
                                                           : bringNumbers(draft, head, targets, o));
  o.answers = head.loss.def().target == TargetKind::Values ? output : o.logits;
  if (o.classLogits != kNoValue && data.tensor(indices[0]).classes > 1) {
    const Shape logits = draft.program.type(o.classLogits).shape;
    o.rowsPerSample = logits[0] / draft.program.type(output).shape[0];
    o.classNames = namesOfClasses(indices, data, std::max<std::int64_t>(2, logits[1]));
  }
  if (draft.training && weightsClasses(head.loss)) {
    TANDEM_ASSIGN(o.weights, weightsOf(draft.program, o.targets, head.loss, indices, data));
  }
  if (draft.sampleWeights != kNoValue)
    TANDEM_TRY(addSampleWeights(draft.program, draft.sampleWeights, head, o));
  return o;
}

// The losses of all heads, and then the metrics, so that the report begins with the losses.
Status addHeads(Draft& draft, const TrainingConfig& training, const std::map<std::size_t, ValueId>& tensors,
                const DatasetInfo& data) {
  std::vector<HeadOperands> operands;
  std::vector<double> weights;
  for (std::size_t h = 0; h < training.heads.size(); ++h) {
    const Head& head = training.heads[h];
    const LossDef& loss = head.loss.def();
    TANDEM_ASSIGN(const HeadOperands o, bringOperands(draft, head, draft.outputs[h].value, tensors, data));
    std::vector<ValueId> list{o.logits, o.targets, o.step};
    if (o.weights != kNoValue) list.push_back(o.weights);
    TANDEM_ASSIGN(const ValueId value, draft.program.append1(*loss.op, lossAttributes(head.loss), list));
    draft.losses.push_back(value);
    weights.push_back(head.weight);
    operands.push_back(o);
  }
  reportTotal(draft, draft.losses, std::move(weights), "loss");
  for (std::size_t h = 0; h < training.heads.size(); ++h) {
    const Head& head = training.heads[h];
    if (training.heads.size() > 1)
      report(draft, draft.losses[h], {.name = reportName(training, head, "loss")});
    TANDEM_TRY(addMetrics(draft, training, head, operands[h], false));
  }
  if (!draft.training)
    for (std::size_t h = 0; h < training.heads.size(); ++h)
      TANDEM_TRY(addMetrics(draft, training, training.heads[h], operands[h], true));
  return success();
}

// Changes an input of the program to bytes and prepends a node that converts them to the floats that the layers read.
Status normalizeBytes(Draft& draft, PlanInput& input, const ByteScale& factors) {
  Program& p = draft.program;
  const ValueId numbers = input.value;
  Value levels = p.value(numbers);
  levels.type.dtype = DType::U8;
  input.value = p.addValue(std::move(levels));
  Node node;
  node.op = &ops::normalize;
  node.attrs = ops::NormalizeAttrs{factors.scale, factors.shift}.attrs();
  node.inputs = {input.value, draft.step};
  node.outputs = {numbers};
  node.layer = p.value(numbers).layer;
  TANDEM_TRY(node.op->infer(node.attrs, std::array{p.type(input.value), p.type(draft.step)}));
  p.value(numbers).role = Role::Temp;
  p.nodes.insert(p.nodes.begin(), std::move(node));
  return success();
}

// Evaluation reads the averaged weights, if there are any.
void readAverage(Draft& draft, const TrainingConfig& training) {
  Program& p = draft.program;
  const OptimizerBlock parts = OptimizerBlock::of(training, p.type(draft.parameterBlock).bytes());
  if (training.average == 0 || parts.bytes == 0) return;
  const ValueId block = addBlock(p, Role::Optimizer, "optimizer", parts.bytes);
  Value& weights = p.value(draft.parameterBlock);
  weights.base = block;
  weights.offsetBytes = parts.average;
  for (Value& value : p.values)
    if (value.role == Role::Parameter) value.role = Role::Optimizer;
}

// The network itself, from its inputs to these outputs.
Result<Lowered> lowerLayers(Draft& draft, const Network& network, std::span<const Source> outputs,
                            std::int64_t batch, std::uint64_t seed) {
  TANDEM_ASSIGN(Lowered lowered, lowerNetwork(network, batch, draft.training, seed, draft.program));
  for (const Source& output : outputs)
    draft.outputs.push_back({network.nameOf(output), lowered.outputs.at(output)});
  draft.program.currentPart = Part::Forward;
  return lowered;
}

}  // namespace

bool Draft::isOutput(ValueId id) const {
  return std::ranges::find(outputs, id, &PlanOutput::value) != outputs.end();
}

void report(Draft& draft, ValueId source, ReportSlot slot) {
  place(draft, source, slot.name);
  const Value& v = draft.program.value(source);
  slot.first = static_cast<int>(v.offsetBytes / sizeof(float));
  slot.width = static_cast<int>(v.type.shape.elements());
  describe(draft, std::move(slot));
}

Status lower(Draft& draft, const Network& network, const TrainingConfig& training, const DatasetInfo& data) {
  const auto problems = checkAgainstData(network, training, data);
  if (!problems.empty()) return problems.front().error;

  Program& p = draft.program;
  TANDEM_ASSIGN(const Lowered lowered,
                lowerLayers(draft, network, outputsOf(training, network), training.batch, training.seed));
  // The tensors of the data: those that the network reads, then those that only heads read.
  std::map<std::size_t, ValueId> tensors, lengths;
  for (const auto& [id, value] : lowered.inputs) {
    TANDEM_ASSIGN(const std::size_t index, tensorOf(*network.find(id), network, data));
    tensors.emplace(index, value);
    if (const ValueId own = p.value(value).lengths; own != kNoValue)
      lengths.emplace(data.lengthsOf(index).value(), own);
  }
  p.layers.push_back("loss");
  p.currentLayer = static_cast<std::int32_t>(p.layers.size()) - 1;
  for (const Head& head : training.heads) {
    TANDEM_ASSIGN(const std::vector<std::size_t> targets, targetsOf(head, data));
    for (const std::size_t index : targets)
      if (!tensors.contains(index))
        tensors[index] = p.addValue({.type = data.tensor(index).type(training.batch), .role = Role::Input});
  }
  for (const auto& [index, value] : tensors) {
    p.value(value).name = data.tensor(index).name;
    draft.inputs.push_back({data.tensor(index).name, value, index});
  }
  if (data.weights) {
    if (draft.training) {
      draft.sampleWeights = p.addValue(
          {.type = data.weights->type(training.batch), .role = Role::Input, .name = data.weights->name});
    }
    draft.inputs.push_back(
        {data.weights->name, draft.sampleWeights, data.inputs.size() + data.targets.size()});
  }
  for (const auto& [index, value] : lengths) {
    p.value(value).name = data.tensor(index).name;
    draft.inputs.push_back({data.tensor(index).name, value, index});
  }
  for (std::size_t id = 0; id < p.values.size(); ++id)
    if (p.values[id].role == Role::Step) draft.step = static_cast<ValueId>(id);
  if (draft.step == kNoValue) draft.step = addBlock(p, Role::Step, "step", kStepSlots * sizeof(float));
  draft.reportBlock = addBlock(p, Role::Report, "report", 0);  // grows
  if (draft.takesBytes) {
    auto input = draft.inputs.begin();
    for (const auto& [index, value] : tensors) {
      const auto& bytes = data.tensor(index).bytes;
      if (bytes) TANDEM_TRY(normalizeBytes(draft, *input, *bytes));
      ++input;
    }
  }
  if (draft.scalesLoss) {
    draft.lossScale = addBlock(p, Role::State, "loss_scale", kLossScaleSlots * sizeof(float));
    TANDEM_ASSIGN(draft.step, p.append1(ops::loss_scale, {}, {draft.step, draft.lossScale}));
  }
  TANDEM_TRY(addHeads(draft, training, tensors, data));
  gatherWeights(draft);
  if (!draft.training) readAverage(draft, training);
  return success();
}

Status lowerForInference(Draft& draft, const Network& network, std::span<const Source> outputs,
                         std::int64_t batch) {
  Program& p = draft.program;
  p.frozen = true;
  TANDEM_ASSIGN(const Lowered lowered, lowerLayers(draft, network, outputs, batch, 0));
  for (const LayerId id : network.inputs())
    draft.inputs.push_back({network.find(id)->name, lowered.inputs.at(id)});
  for (const LayerId id : network.inputs())
    if (const ValueId lengths = p.value(lowered.inputs.at(id)).lengths; lengths != kNoValue)
      draft.inputs.push_back({p.value(lengths).name, lengths});
  // The output of a network of views only (flatten) would be its input, which a session does not store.
  for (PlanOutput& output : draft.outputs)
    if (p.value(p.storage(output.value).first).role == Role::Input) {
      TANDEM_ASSIGN(output.value, p.append1(ops::copy, {}, {output.value}));
    }
  return success();
}

void gatherWeights(Draft& draft) {
  Program& p = draft.program;
  draft.parameterBlock = gather(p, p.parameters, Role::Parameter, "parameters");
  draft.stateBlock = gather(p, p.states, Role::State, "states");
  if (draft.lossScale != kNoValue) append(p, draft.stateBlock, draft.lossScale);
  // In-place results were views of their state before it had a block; update their roles accordingly.
  for (Value& value : p.values)
    if (value.base != kNoValue && value.role != Role::Report) value.role = p.value(value.base).role;
}

}  // namespace tandem
