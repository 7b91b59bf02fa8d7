#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/compile/passes.h"
#include "core/ops/activation.h"
#include "core/ops/cast.h"
#include "core/ops/copy.h"
#include "core/ops/loss_scale.h"
#include "core/ops/normalize.h"
#include "core/ops/reshape.h"
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

// The input of a final activation that the loss computes itself.
ValueId logitsOf(const Program& program, ValueId output, const LossDef& loss) {
  const Node* last = producerOf(program, output);
  if (!last || loss.activation.empty()) return output;
  const std::string activation = last->op == &ops::softmax      ? "softmax"
                                 : last->op == &ops::activation ? last->attrs.text("kind", "")
                                                                : "";
  return activation == loss.activation ? last->inputs[0] : output;
}

Status addMetrics(Draft& draft, const TrainingConfig& training, ValueId logits, ValueId targets,
                  double targetUnit) {
  // Precision and recall of one class come from the same counts.
  struct Source {
    const OpDef* op;
    Attrs attrs;
    ValueId value;
  };
  std::vector<Source> sources;
  for (const MetricConfig& metric : training.reportedMetrics()) {
    const MetricDef& def = metric.def();
    const MetricForm& form = *def.formFor(training.loss.def().target);
    const Attrs attrs = metric.attributes(form.fixed);
    auto source = std::ranges::find_if(
        sources, [&](const Source& each) { return each.op == form.op && each.attrs == attrs; });
    if (source == sources.end()) {
      TANDEM_ASSIGN(const ValueId value,
                    draft.program.append1(*form.op, attrs,
                                          {logits, form.classIndices ? draft.labels : targets, draft.step}));
      source = sources.insert(sources.end(), {form.op, attrs, value});
    }
    report(draft, source->value,
           {.name = nameOf(metric),
            .higherIsBetter = def.higherIsBetter,
            .unit = def.inTargetUnit ? targetUnit : 1,
            .value = def.value});
  }
  return success();
}

Status addLoss(Draft& draft, const TrainingConfig& training, double targetUnit) {
  Program& p = draft.program;
  const LossDef& loss = training.loss.def();
  const ValueId logits = logitsOf(p, draft.output, loss);
  ValueId targets = draft.labels;
  if (loss.target == TargetKind::TwoClasses) {  // classes 0 and 1 become a column of floats
    TANDEM_ASSIGN(targets, p.append1(ops::cast, {{"dtype", std::string("f32")}}, {draft.labels}));
    TANDEM_ASSIGN(targets, p.append1(ops::reshape, {{"shape", std::vector<std::int64_t>{1}}}, {targets}));
  }
  TANDEM_ASSIGN(draft.loss,
                p.append1(*loss.op, training.loss.attributes(loss.fixed), {logits, targets, draft.step}));
  report(draft, draft.loss, {.name = "loss"});
  return addMetrics(draft, training, logits, targets, targetUnit);
}

// Changes the input to bytes and prepends a node that converts them to the floats that the layers read.
Status normalizeBytes(Draft& draft, const ByteScale& factors) {
  Program& p = draft.program;
  const ValueId numbers = draft.features;
  Value input = p.value(numbers);
  input.type.dtype = DType::U8;
  draft.features = p.addValue(std::move(input));
  Node node;
  node.op = &ops::normalize;
  node.attrs = ops::NormalizeAttrs{factors.scale, factors.shift}.attrs();
  node.inputs = {draft.features, draft.step};
  node.outputs = {numbers};
  node.layer = p.value(numbers).layer;
  TANDEM_TRY(node.op->infer(node.attrs, std::array{p.type(draft.features), p.type(draft.step)}));
  p.value(numbers).role = Role::Temp;
  p.nodes.insert(p.nodes.begin(), std::move(node));
  return success();
}

// The network itself, from its input to its output.
Status lowerLayers(Draft& draft, const Network& network, std::int64_t batch, std::uint64_t seed) {
  Program& p = draft.program;
  TANDEM_ASSIGN(const Lowered lowered, lowerNetwork(network, batch, draft.training, seed, p));
  draft.features = lowered.features;
  draft.output = lowered.output;
  Value& features = p.value(draft.features);
  features.role = Role::Input;
  features.name = "x";
  p.currentPart = Part::Forward;
  return success();
}

}  // namespace

void report(Draft& draft, ValueId source, ReportSlot slot) {
  Value& v = draft.program.value(source);
  if (v.role != Role::Report) {
    int end = 0;
    for (const ReportSlot& each : draft.report) end = std::max(end, each.first + each.width);
    v.role = Role::Report;
    v.base = draft.reportBlock;
    v.offsetBytes = static_cast<std::size_t>(end) * sizeof(float);
    v.name = slot.name;
  }
  slot.slot = static_cast<int>(draft.report.size());
  slot.first = static_cast<int>(v.offsetBytes / sizeof(float));
  slot.width = static_cast<int>(v.type.shape.elements());
  TANDEM_CHECK(slot.slot < kReportSlots && slot.first + slot.width <= kReportBlock, "report block is full");
  draft.report.push_back(std::move(slot));
}

Status lower(Draft& draft, const Network& network, const TrainingConfig& training, const DatasetInfo& data) {
  const auto problems = checkAgainstData(network, training, data);
  if (!problems.empty()) return problems.front().error;

  Program& p = draft.program;
  TANDEM_TRY(lowerLayers(draft, network, training.batch, training.seed));

  p.layers.push_back("loss");
  p.currentLayer = static_cast<std::int32_t>(p.layers.size()) - 1;
  Value labels;
  labels.type = data.labelType(training.batch);
  labels.role = Role::Input;
  labels.name = "y";
  draft.labels = p.addValue(std::move(labels));
  for (std::size_t id = 0; id < p.values.size(); ++id)
    if (p.values[id].role == Role::Step) draft.step = static_cast<ValueId>(id);
  if (draft.step == kNoValue) draft.step = addBlock(p, Role::Step, "step", kStepSlots * sizeof(float));
  draft.reportBlock = addBlock(p, Role::Report, "report", kReportBlock * sizeof(float));
  if (draft.takesBytes) TANDEM_TRY(normalizeBytes(draft, *data.bytes));

  if (draft.scalesLoss) {
    draft.lossScale = addBlock(p, Role::State, "loss_scale", kLossScaleSlots * sizeof(float));
    TANDEM_ASSIGN(draft.step, p.append1(ops::loss_scale, {}, {draft.step, draft.lossScale}));
  }
  TANDEM_TRY(addLoss(draft, training, data.targetUnit));
  gatherWeights(draft);
  return success();
}

Status lowerForInference(Draft& draft, const Network& network, std::int64_t batch) {
  Program& p = draft.program;
  p.frozen = true;
  TANDEM_TRY(lowerLayers(draft, network, batch, 0));
  // The output of a network of views only (flatten) would be its input, which a session does not store.
  if (p.value(p.storage(draft.output).first).role == Role::Input) {
    TANDEM_ASSIGN(draft.output, p.append1(ops::copy, {}, {draft.output}));
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
