#include <algorithm>
#include <array>
#include <map>

#include "core/compile/passes.h"
#include "core/ops/copy.h"
#include "core/ops/loss_scale.h"
#include "core/ops/normalize.h"
#include "core/ops/update_faults.h"

namespace tandem {
namespace {

// 64 bytes, a cache line: no two parameters share one, and vector kernels start aligned.
constexpr std::size_t kParameterAlignment = 64;
static_assert(kParameterAlignment % (kFaultGrain * sizeof(float)) == 0, "a fault has one parameter");

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

// Targets that vary in length belong to the first input that does. kNoValue: the network does not read it.
ValueId lengthsOfTargets(const std::map<std::size_t, ValueId>& lengths, const DatasetInfo& data) {
  const auto first = std::ranges::find_if(data.inputs, &DataTensor::varies);
  if (first == data.inputs.end()) return kNoValue;
  const auto found = lengths.find(*data.lengthsOf(static_cast<std::size_t>(first - data.inputs.begin())));
  return found == lengths.end() ? kNoValue : found->second;
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
  TANDEM_TRY(lowerHeads(draft, training, tensors, lengthsOfTargets(lengths, data), data));
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
